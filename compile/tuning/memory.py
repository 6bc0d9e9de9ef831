"""Give up some speed for memory: Winograd's packed weights are up to seven times as large as the model's own."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from .choice import RecordedChoice

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer

_LEAST_EXTRA_BYTES = 96 << 20
_CYCLES_PER_MICROSECOND = 2000  # about: it matters only where one layer has records and another none


def spare_memory(module: Any, inputs: int, choice: RecordedChoice, most: int | None = None) -> RecordedChoice:
    """`choice` for the Relay `module`, so that its packed weights take at most `most` bytes more than the plain ones.

    None: half as much again as the plain ones, or 96 MB where that is more.  While they take more, the layer that loses
    the least time for each byte takes its next smaller candidate.  So does a network without records, or it would be
    the faster one, at several times the memory.  `inputs` is how many of the parameters of `main` are the network's
    inputs.
    """
    uses = _uses(module, inputs, choice)
    plain = sum(plain_bytes(layer) for layer, _ in uses)
    most = max(_LEAST_EXTRA_BYTES, plain // 2) if most is None else most
    return choice.preferring(_within(plain + most, uses, choice))


def _within(most: int, uses: Sequence[tuple[Layer, Candidate]], choice: RecordedChoice) -> dict[Layer, Candidate]:
    """What is taken in place of their candidates by layers that give way."""
    now, count = dict(uses), Counter(layer for layer, _ in uses)
    total = sum(packed_bytes(*use) for use in uses)
    waiting = {layer: _smaller_than(one, layer, choice) for layer, one in now.items()} if total > most else {}
    given_way: list[tuple[Layer, Candidate]] = []
    while total > most and any(waiting.values()):
        layer = min(
            (one for one in now if waiting[one]), key=lambda one: _price(one, now[one], waiting[one][0], choice)
        )
        given_way.append((layer, now[layer]))
        smaller = waiting[layer].pop(0)
        total -= count[layer] * _saved(layer, now[layer], smaller)
        now[layer] = smaller
    for layer, larger in reversed(given_way):  # what the last made needless is taken back, the dearest first
        more = count[layer] * _saved(layer, larger, now[layer])
        if total + more <= most:
            now[layer], total = larger, total + more
    return {layer: now[layer] for layer, larger in uses if now[layer] != larger}


def ever_smaller(layer: Layer, ordered: Iterable[Candidate]) -> list[Candidate]:
    """The first of `ordered`, then the first of those whose weights take less memory, and so on."""
    found: list[Candidate] = []
    for one in ordered:
        if not found or packed_bytes(layer, one) < packed_bytes(layer, found[-1]):
            found.append(one)
    return found


def _smaller_than(chosen: Candidate, layer: Layer, choice: RecordedChoice) -> list[Candidate]:
    """By the records where they decide, and in the kernels' order where they do not or have no smaller one."""
    from ...schedules.kernels import candidates

    ranked = [] if choice.doubts(layer) else choice.ranked(layer)
    return ever_smaller(layer, itertools.chain([chosen], ranked, candidates(layer, choice.machine)))[1:]


def _saved(layer: Layer, large: Candidate, small: Candidate) -> int:
    return packed_bytes(layer, large) - packed_bytes(layer, small)


@functools.cache
def packed_bytes(layer: Layer, one: Candidate) -> int:
    """What the weights take as the kernel reads them."""
    from ...schedules.kernels.alone import packed_types

    return sum(prod(shape) * np.dtype(kind).itemsize for shape, kind in packed_types(layer, one))


def plain_bytes(layer: Layer) -> int:
    """What the weights take in the model."""
    return (1 if layer.integer else 4) * sum(map(prod, layer.model_shapes))


def _price(layer: Layer, large: Candidate, small: Candidate, choice: RecordedChoice) -> float:
    """Microseconds lost for a byte saved: by the records of both, else as a core at its peak would do their work."""
    if {large, small} <= {*choice.ranked(layer)}:
        lost = choice.mean_microseconds(layer, small) - choice.mean_microseconds(layer, large)
    else:
        more_work = small.kernel.work(layer, small.config) - large.kernel.work(layer, large.config)
        lost = 2 * more_work / (choice.machine.flops_per_cycle * _CYCLES_PER_MICROSECOND)
    return lost / _saved(layer, large, small)


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
