"""What there is to tune: the layers of all networks, each once, however often it comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...schedules.layers import ExpandedDepthwise
from ..building.freeze_layout import freeze_layout
from ..building.half_arithmetic import module_for
from ..importing import ImportedModel
from ..targets import Target
from .choice import RecordedChoice

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer


@dataclass(frozen=True)
class Task:
    """`uses` is how often each network computes `layer`; `candidates` come in the order of their kernels' spaces."""

    layer: Layer
    candidates: tuple[Candidate, ...]
    uses: Counter[str]


def tasks_of(networks: Iterable[ImportedModel], target: Target, choice: RecordedChoice) -> list[Task]:
    """The layers of `networks`, in the layout that is built; fused ones beside the two that they are made of.

    The layout is frozen first: every choice of candidates gives the same layers.
    """
    from ...schedules.kernels import candidates

    uses: dict[Layer, Counter[str]] = {}
    for network in networks:
        for fused in (True, False):
            for layer, count in _layers(network, target, choice, fused).items():
                uses.setdefault(layer, Counter())[network.source.name] = count
    return [Task(layer, tuple(candidates(layer, choice.machine)), counts) for layer, counts in uses.items()]


def _layers(network: ImportedModel, target: Target, choice: RecordedChoice, fused: bool) -> Counter[Layer]:
    from ...schedules.kernels import candidates

    found: Counter[Layer] = Counter()

    def note(layer: Layer) -> Candidate | None:
        if isinstance(layer, ExpandedDepthwise) and not fused:
            return None
        first = next(iter(candidates(layer, choice.machine)), None)
        if first is not None:
            found[layer] += 1
        return first

    freeze_layout(module_for(network, target), target, len(network.inputs), note)
    return found
