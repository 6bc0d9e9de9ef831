"""Who is still in the race for a layer: the more often a candidate was measured, the nearer to the best it has to be.

The fastest of a few runs of a kernel is what it can do only if one of them had the machine for itself; a neighbour on
the same core makes it up to a third slower, for seconds at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...schedules.layers import to_key
from .choice import RecordedChoice
from .record import Record

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer

TURNS = 3  # that the contenders take before it is looked at again who is left
_ALLOWED = ((2, 1.3), (5, 1.1), (8, 1.03))  # before so many measurements, so many times the best; then it is settled
_MOST = 6  # contenders of a layer at once: each is another build of the network


class Race:
    """By `records`, those of one place and clock, for these thread counts; `known` ranks them."""

    def __init__(self, known: RecordedChoice, records: Iterable[Record], threads: Iterable[int]) -> None:
        self._known, self._threads = known, tuple(threads)
        self._measured = Counter((one.layer, one.candidate, one.threads) for one in records)

    def contenders(self, layer: Layer, challengers: Iterable[Candidate] = ()) -> list[Candidate]:
        """The best so far, those that may turn out to be as fast, and `challengers` that were not measured here yet.

        None when that is settled.
        """
        ranked = self._known.ranked(layer)
        if not ranked:
            return []
        taken = {one: self._known.mean_microseconds(layer, one) for one in ranked}
        near = [one for one in ranked[1:] if taken[one] <= self._limit(layer, one) * taken[ranked[0]]]
        others = dict.fromkeys([*(one for one in challengers if not self._times(layer, one)), *near])
        others.pop(ranked[0], None)
        return [ranked[0], *list(others)[: _MOST - 1]] if others else []

    def _times(self, layer: Layer, one: Candidate) -> int:
        return min(self._measured[to_key(layer), one.name, count] for count in self._threads)

    def _limit(self, layer: Layer, one: Candidate) -> float:
        times = self._times(layer, one)
        return next((allowed for before, allowed in _ALLOWED if times < before), 0.0)
