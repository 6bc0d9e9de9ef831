"""Give up some speed for memory: Winograd's packed weights are up to seven times as large as the model's own."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..building.half_arithmetic import module_for
from ..importing import ImportedModel
from ..targets import Target
from .choice import RecordedChoice
from .for_network import for_network

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer

_LEAST_EXTRA_BYTES = 96 << 20
_PAGE_BYTES = 4096
_CYCLES_PER_MICROSECOND = 2000  # about: it matters only where one layer has records and another none


def as_built(choice: RecordedChoice, imported: ImportedModel, target: Target) -> RecordedChoice:
    """What a build of `imported` takes of `choice`: by its own measurements, and within the limit of memory."""
    return spare_memory(module_for(imported, target), len(imported.inputs), for_network(choice, imported, target))


def spare_memory(module: Any, inputs: int, choice: RecordedChoice, most: int | None = None) -> RecordedChoice:
    """`choice` for the Relay `module`, so that its packed weights take at most `most` bytes more than the plain ones.

    None: half as much again as the plain ones, or 96 MB where that is more.  Where they take more, layers take smaller
    candidates, so that the least time is lost.  So they do in a network without records, or it would be the faster one,
    at several times the memory.  `inputs` is how many of the parameters of `main` are the network's inputs.
    """
    uses = _uses(module, inputs, choice)
    plain = sum(plain_bytes(layer) for layer, _ in uses)
    most = max(_LEAST_EXTRA_BYTES, plain // 2) if most is None else most
    return choice.preferring(_within(plain + most, uses, choice))


def _within(most: int, uses: Sequence[tuple[Layer, Candidate]], choice: RecordedChoice) -> dict[Layer, Candidate]:
    """What is taken in place of their candidates by layers that give way.

    Of all ways to take `most` bytes the one that loses the least time: a knapsack, filled layer by layer.
    """
    count = Counter(layer for layer, _ in uses)
    pages = -(-(sum(packed_bytes(*use) for use in uses) - most) // _PAGE_BYTES)  # too many
    if pages <= 0:
        return {}
    options = {layer: _options(layer, one, count[layer], choice) for layer, one in dict(uses).items()}
    asked = np.arange(pages + 1)
    least, picks = np.where(asked == 0, 0.0, np.inf), {}  # the time lost where so many pages are saved
    for layer, its in options.items():
        after = [least[np.maximum(0, asked - one.pages)] + one.lost for one in its]
        least, picks[layer] = np.min(after, axis=0), np.argmin(after, axis=0).astype(np.int8)
    left, smaller = int(np.flatnonzero(np.isfinite(least))[-1]), {}  # not all, where even the smallest are too large
    for layer in reversed(options):
        pick = options[layer][picks[layer][left]]
        left = max(0, left - pick.pages)
        if pick.pages:
            smaller[layer] = pick.candidate
    return smaller


@dataclass(frozen=True)
class _Option:
    """A candidate with the pages saved and the microseconds lost with it, wherever its layer is used."""

    candidate: Candidate
    pages: int
    lost: float


def _options(layer: Layer, now: Candidate, count: int, choice: RecordedChoice) -> list[_Option]:
    """`now`, then those that need less memory: by the records where they decide, else in the kernels' order."""
    from ...schedules.kernels import candidates

    ranked = [] if choice.ground(layer) == "doubted" else choice.ranked(layer)
    found = ever_smaller(layer, itertools.chain([now], ranked, candidates(layer, choice.machine)))
    most = packed_bytes(layer, now)
    return [
        _Option(
            one,
            pages=count * (most - packed_bytes(layer, one)) // _PAGE_BYTES,
            lost=count * _microseconds_lost(layer, now, one, choice),
        )
        for one in found
    ]


def _microseconds_lost(layer: Layer, now: Candidate, one: Candidate, choice: RecordedChoice) -> float:
    """By the records of both, else as a core at its peak would do their work."""
    if {now, one} <= {*choice.ranked(layer)}:
        lost = choice.mean_microseconds(layer, one) - choice.mean_microseconds(layer, now)
    else:
        more_work = one.kernel.work(layer, one.config) - now.kernel.work(layer, now.config)
        lost = 2 * more_work / (choice.machine.flops_per_cycle * _CYCLES_PER_MICROSECOND)
    return max(0.0, lost)


def ever_smaller(layer: Layer, ordered: Iterable[Candidate]) -> list[Candidate]:
    """The first of `ordered`, then the first of those whose weights take less memory, and so on."""
    found: list[Candidate] = []
    for one in ordered:
        if not found or packed_bytes(layer, one) < packed_bytes(layer, found[-1]):
            found.append(one)
    return found


@functools.cache
def packed_bytes(layer: Layer, one: Candidate) -> int:
    """What the weights take as the kernel reads them."""
    from ...schedules.kernels.alone import packed_types

    return sum(prod(shape) * np.dtype(kind).itemsize for shape, kind in packed_types(layer, one))


def plain_bytes(layer: Layer) -> int:
    """What the weights take in the model."""
    return (1 if layer.integer else 4) * sum(map(prod, layer.model_shapes))


def _uses(module: Any, inputs: int, choice: RecordedChoice) -> list[tuple[Layer, Candidate]]:
    """Each layer of the network with its candidate, one that comes twice twice."""
    from ...schedules.relay import to_blocks

    uses: list[tuple[Layer, Candidate]] = []

    def note(layer: Layer) -> Candidate | None:
        chosen = choice(layer)
        if chosen is not None:
            uses.append((layer, chosen))
        return chosen

    to_blocks(module, inputs, choice.machine, note)
    return uses
