"""Matrix product as MetaSchedule schedules it: the definition, and a trace for a config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvm import te

from ..layers import Dense
from ..machines import Machine
from ..traces.traced import Config, attributes, no_te_schedule
from .kernel import Kernel


def space(layer: Dense, machine: Machine) -> Sequence[Config]:
    """Nothing: traces are found by search, not listed."""
    return ()


def does(layer: Dense) -> bool:
    """Whether it computes in fp32."""
    return layer.dtype in KERNEL.types


def pack(layer: Dense, config: Config, weight: Any) -> Any:
    """(inputs, outputs): neighbouring outputs are neighbours."""
    from tvm import relay

    return relay.transpose(weight, (1, 0))


def compute(layer: Dense, config: Config, data: Any, weight: Any) -> Any:
    """The sums of the definition; `data` is (rows, inputs)."""
    step = te.reduce_axis((0, layer.inputs), "step")
    return te.compute(
        layer.out_shape,
        lambda r, k: te.sum(data[r, step] * weight[step, k], axis=step),
        name="dense",
        attrs=attributes(layer, KERNEL.name, config),
    )


def work(layer: Dense, config: Config) -> int:
    """Every multiply-add of the definition."""
    return layer.macs


KERNEL = Kernel("metaschedule_dense", Dense, Config, space, pack, compute, work, no_te_schedule)
