"""One layer of a model: what it is, what could compute it, what was chosen, and what LLVM made of that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...schedules import machines
from ...schedules.layers import Layer, to_key
from ..building.freeze_layout import freeze_layout
from ..errors import TilewrightError
from ..importing import import_model
from ..targets import Target, resolve
from ..tuning.choice import RecordedChoice, recorded_choice
from ..tvm_stack import BUILD_CONFIG, compiler
from .inner_loop import inner_loop

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate


@dataclass(frozen=True)
class Choice:
    """A candidate with its recorded times: thread count -> microseconds; empty where it was not measured."""

    kernel: str
    config: dict[str, object]
    microseconds: dict[int, float]


@dataclass(frozen=True)
class Explanation:
    """`choices` are all candidates, the chosen one first, then the fastest; `loop` is the chosen one's inner loop."""

    key: str
    recorded: bool
    choices: tuple[Choice, ...]
    loop: tuple[str, ...]


def layers_of(model: str, target_name: str, weights: str | None, logs: Path | None = None) -> list[Layer]:
    """The layers that kernels of ours compute, in order, each as often as it occurs.

    Raises TilewrightError for a target without a machine description.
    """
    target = resolve(target_name)
    choose = _choice(target, logs)
    found: list[Layer] = []

    def note(layer: Layer) -> Candidate | None:
        chosen = choose(layer)
        if chosen is not None:
            found.append(layer)
        return chosen

    imported = import_model(model, weights=weights, check=False)
    freeze_layout(imported.module, target, len(imported.inputs), note)
    return found


def explain(layer: Layer, target_name: str, logs: Path | None = None) -> Explanation:
    """Everything that is known about `layer` for a target."""
    from ...schedules.kernels import candidates

    target = resolve(target_name)
    choose = _choice(target, logs)
    chosen = choose(layer)
    if chosen is None:
        raise TilewrightError(f"no kernel computes {to_key(layer)}")
    ranked = choose.ranked(layer)
    others = [one for one in [*ranked, *candidates(layer, choose.machine)] if one != chosen]
    choices = [
        Choice(one.kernel.name, one.settings, choose.times(layer, one)) for one in dict.fromkeys([chosen, *others])
    ]
    return Explanation(to_key(layer), bool(ranked), tuple(choices), tuple(inner_loop(_assembly(layer, chosen, target))))


def _choice(target: Target, logs: Path | None) -> RecordedChoice:
    choose = recorded_choice(target, logs)
    if choose is None:
        raise TilewrightError(f"target {target.name}: no machine description, so TVM's own schedules are used")
    return choose


def _assembly(layer: Layer, chosen: Candidate, target: Target) -> str:
    """The assembly of one kernel, built alone: without the operators that a network fuses into it."""
    tvm = compiler()
    from ...schedules.kernels.alone import arguments

    machine = machines.get(str(target.machine))
    tensors = arguments(layer, chosen)
    result = chosen.kernel.compute(layer, chosen.config, *tensors)
    plan = chosen.kernel.schedule(layer, chosen.config, machine, result)
    with tvm.transform.PassContext(opt_level=3, config=BUILD_CONFIG):
        built = tvm.build(plan, [*tensors, result], tvm.target.Target(target.tvm))
    return built.get_source("asm")
