"""A network in the layouts of its target, with sums that are exact: what is built, tuned and explained is the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...schedules.machines import Machine
from ..importing import ImportedModel
from ..targets import Target
from .exact_sums import exact_machine, exact_sums
from .freeze_layout import Choose, freeze_layout
from .half_arithmetic import module_for


def frozen_network(
    imported: ImportedModel, target: Target, choose: Choose | None, machine: Machine | None = None
) -> Any:
    """The Relay of `imported` with the kernels that `choose` picks (None: TVM's); see `freeze_layout`.

    `machine` may stand in for the target's own description, but for its dot product.
    """
    if choose is not None and target.machine is not None:
        weights = imported.params.values()
        choose, exact = exact_sums(choose, weights, target), exact_machine(weights, target)
        machine = exact if machine is None else replace(machine, dot=exact.dot)
    return freeze_layout(module_for(imported, target), target, len(imported.inputs), choose, machine)
