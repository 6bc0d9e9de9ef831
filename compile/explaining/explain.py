"""One layer of a model: what it is, what could compute it, what was chosen, and what LLVM made of that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...schedules import machines
from ...schedules.layers import Layer, from_key, to_key
from ...schedules.machines import Machine
from ..building.build import lowering
from ..building.frozen_network import frozen_network
from ..building.sparse_params import with_sparse_params
from ..errors import TilewrightError
from ..importing import ImportedModel
from ..quantizing.import_as import import_as, weight_bits_for
from ..targets import Target, resolve
from ..tuning.choice import Ground, RecordedChoice
from ..tuning.choose import recorded_choice, require_choice
from ..tuning.memory import as_built
from ..tvm_stack import compiler
from .computed_types import ComputedTypes, computed_types
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
    """All that could compute a layer, the chosen one first, then the fastest.

    `ground` says why it was; "preferred" is one that needs less memory.  `machine` names the description that they are
    built by.
    """

    key: str
    machine: str
    ground: Ground
    choices: tuple[Choice, ...]

    @property
    def measured(self) -> int:
        """How many are on record."""
        return sum(bool(one.microseconds) for one in self.choices)


@dataclass(frozen=True)
class Explanation(LayerChoices):
    """With the chosen one's inner loop, as assembly."""

    loop: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """What is explained: a model in a precision, for a target."""

    imported: ImportedModel
    target: Target


def subject_of(model: str, target_name: str, precision: str = "fp32", weights: str | None = None) -> Subject:
    """Import `model`, quantized first where that is asked for."""
    target = resolve(target_name)
    bits = weight_bits_for(target)
    imported = import_as(model, precision, weights=weights, check=False, weight_bits=bits)
    return Subject(with_sparse_params(imported, target), target)


def types_of(subject: Subject, logs: Path | None = None) -> list[ComputedTypes]:
    """The types that each layer computes in; the target may be any."""
    choose = None if subject.imported.stock_kernels else recorded_choice(subject.target, logs)
    return computed_types(subject.imported, subject.target, choose)


def layers_of(subject: Subject, logs: Path | None = None) -> list[LayerChoices]:
    """The different layers that kernels of ours compute in a model, in order.

    Raises TilewrightError for a target without a machine description.
    """
    target, imported = subject.target, subject.imported
    choose = as_built(require_choice(target, logs), imported, target)
    frozen = frozen_network(imported, target, choose)
    from ...schedules.relay.operators import stated

    keys = dict.fromkeys(one["layer"] for one in stated(frozen["main"]))
    return [choices_for(from_key(key), choose) for key in keys]


def explain(known: LayerChoices, target_name: str) -> Explanation:
    """`known` with what LLVM makes of the chosen kernel, for a target."""
    from ...schedules.kernels import candidate

    chosen = candidate(known.choices[0].kernel, known.choices[0].config)
    loop = inner_loop(_assembly(from_key(known.key), chosen, resolve(target_name), machines.get(known.machine)))
    return Explanation(**vars(known), loop=tuple(loop))


def choices_for(layer: Layer, choose: RecordedChoice) -> LayerChoices:
    """What could compute `layer`, and what `choose` picks."""
    from ...schedules.kernels import candidates

    chosen = choose(layer)
    if chosen is None:
        raise TilewrightError(f"no kernel computes {to_key(layer)}")
    all_of_them = dict.fromkeys([chosen, *choose.ranked(layer), *candidates(layer, choose.machine)])
    choices = (Choice(one.kernel.name, one.settings, choose.times(layer, one)) for one in all_of_them)
    return LayerChoices(to_key(layer), choose.machine.name, choose.ground(layer), tuple(choices))


def _assembly(layer: Layer, chosen: Candidate, target: Target, machine: Machine) -> str:
    """The assembly of one kernel, built alone: without the operators that a network fuses into it."""
    tvm = compiler()
    from ...schedules.kernels.scheduled import build_alone

    with tvm.transform.PassContext(opt_level=3, config=lowering()):
        built = build_alone(layer, chosen, machine, tvm.target.Target(target.tvm))
    return built.get_source("asm")
