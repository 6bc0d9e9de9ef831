"""What there is to tune: the layers of all networks, each once, however often it comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...schedules.layers import ExpandedDepthwise, SparseConv2d, SparseDense
from ..building.frozen_network import frozen_network
from ..importing import ImportedModel
from ..targets import Target
from .choice import RecordedChoice
from .for_network import for_network

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate, Kernel
    from ...schedules.layers import Layer


@dataclass(frozen=True)
class Task:
    """`uses` is how often each network computes `layer`; files in two folders may share a name, so by origin.

    candidates  of our kernels, in the order of their spaces
    templates   of TVM's
    traceable   the kernel that MetaSchedule can search schedules for; None where there is none
    """

    layer: Layer
    candidates: tuple[Candidate, ...]
    templates: tuple[Candidate, ...]
    traceable: Kernel | None
    uses: Counter[str]


def tasks_of(networks: Iterable[ImportedModel], target: Target, choice: RecordedChoice) -> list[Task]:
    """The layers of `networks`, in the layout that is built; fused ones beside the two that they are made of.

    The layout is frozen first: every choice of candidates gives the same layers.  Those with sparse weights have one
    candidate, and so nothing to tune.
    """
    uses: dict[Layer, Counter[str]] = {}
    for network in networks:
        for fused in (True, False):
            for layer, count in layers_of(network, target, choice, fused).items():
                uses.setdefault(layer, Counter())[network.source.origin] = count
    return [_task(layer, counts, choice) for layer, counts in uses.items()]


def _task(layer: Layer, uses: Counter[str], choice: RecordedChoice) -> Task:
    from ...schedules.kernels import candidates, templates, traceable

    ours, theirs = (tuple(found(layer, choice.machine)) for found in (candidates, templates))
    return Task(layer, ours, theirs, traceable(layer), uses)


def layers_of(network: ImportedModel, target: Target, choice: RecordedChoice, fused: bool) -> Counter[Layer]:
    """How often `network` computes each layer that can be tuned; `fused` ones in place of their halves."""
    from ...schedules.kernels import default, traceable

    found: Counter[Layer] = Counter()
    its = for_network(choice, network, target)

    def note(layer: Layer) -> Candidate | None:
        if isinstance(layer, ExpandedDepthwise) and not fused:
            return None
        first = default(layer, its.machine)
        if isinstance(layer, (SparseConv2d, SparseDense)) or not its.on_record(layer):
            return first
        if first is not None or traceable(layer) is not None:
            found[layer] += 1
        return first

    frozen_network(network, target, note)
    return found
