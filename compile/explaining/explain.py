"""One layer of a model: what it is, what could compute it, what was chosen, and what LLVM made of that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...schedules import machines
from ...schedules.layers import Layer, from_key, to_key
from ..building.freeze_layout import freeze_layout
from ..errors import TilewrightError
from ..importing import import_model
from ..targets import Target, resolve
from ..tuning.choice import RecordedChoice, require_choice
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
class LayerChoices:
    """All that could compute a layer, the chosen one first, then the fastest; `recorded`: times on record chose it."""

    key: str
    recorded: bool
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Explanation(LayerChoices):
    """With the chosen one's inner loop, as assembly."""

    loop: tuple[str, ...]


def layers_of(model: str, target_name: str, weights: str | None = None, logs: Path | None = None) -> list[LayerChoices]:
    """The different layers that kernels of ours compute in a model, in order.

    Raises TilewrightError for a target without a machine description.
    """
    target = resolve(target_name)
    choose = require_choice(target, logs)
    imported = import_model(model, weights=weights, check=False)
    frozen = freeze_layout(imported.module, target, len(imported.inputs), choose)
    from ...schedules.relay.operators import stated

    keys = dict.fromkeys(one["layer"] for one in stated(frozen["main"]))
    return [_choices(from_key(key), choose) for key in keys]


def explain(layer: Layer, target_name: str, logs: Path | None = None) -> Explanation:
    """Everything that is known about `layer` for a target, and what LLVM made of the chosen kernel."""
    target = resolve(target_name)
    known = _choices(layer, require_choice(target, logs))
    from ...schedules.kernels import candidate

    chosen = candidate(known.choices[0].kernel, known.choices[0].config)
    loop = inner_loop(_assembly(layer, chosen, target))
    return Explanation(known.key, known.recorded, known.choices, tuple(loop))


def _choices(layer: Layer, choose: RecordedChoice) -> LayerChoices:
    from ...schedules.kernels import candidates

    chosen = choose(layer)
    if chosen is None:
        raise TilewrightError(f"no kernel computes {to_key(layer)}")
    ranked = choose.ranked(layer)
    all_of_them = dict.fromkeys([chosen, *ranked, *candidates(layer, choose.machine)])
    choices = (Choice(one.kernel.name, one.settings, choose.times(layer, one)) for one in all_of_them)
    return LayerChoices(to_key(layer), bool(ranked), tuple(choices))


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
