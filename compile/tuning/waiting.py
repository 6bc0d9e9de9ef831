"""Which candidates of a layer a log has no answer for yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...schedules.layers import to_key
from ..tvm_stack import TVM_VERSION
from .log import Log
from .record import Clock, Entry, Failure, Finished, Place, name_of, space_of

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer


class Waiting:
    """Looks up `log` for measurements taken at `place` by `clock`."""

    def __init__(self, log: Log, place: Place, clock: Clock = "wall") -> None:
        self._place, self._clock = place, clock
        self._measured: set[tuple[str, str, int]] = set()
        self._failed: set[tuple[str, str]] = set()
        self._finished: set[tuple[str, int, str]] = set()
        for entry in (*log.records, *log.failures, *log.finished):
            self.note(entry)

    def note(self, entry: Entry) -> None:
        """Count in what was just put down."""
        if isinstance(entry, Failure):
            self._failed.add((entry.layer, entry.candidate))
        elif isinstance(entry, Finished):
            self._finished.add((entry.layer, entry.finished, entry.space))
        elif (entry.place, entry.clock) == (self._place, self._clock):
            self._measured.add((entry.layer, entry.candidate, entry.threads))

    def left(self, layer: Layer, candidates: Sequence[Candidate], threads: Sequence[int]) -> list[Candidate]:
        """Those that are to be measured with some of `threads`; none of a single one, which is no choice."""
        key, space = to_key(layer), space_of(candidates)
        if len(candidates) < 2 or all((key, count, space) in self._finished for count in threads):
            return []
        named = [(one, name_of(one.kernel.name, one.settings)) for one in candidates]
        return [
            one
            for one, name in named
            if (key, name) not in self._failed and any((key, name, count) not in self._measured for count in threads)
        ]

    def marks(
        self, layer: Layer, candidates: Sequence[Candidate], threads: Sequence[int], target: str
    ) -> list[Finished]:
        """The marks that `layer` is due: none while candidates are left, or where it has them already."""
        key, space = to_key(layer), space_of(candidates)
        if len(candidates) < 2 or self.left(layer, candidates, threads):
            return []
        due = [count for count in threads if (key, count, space) not in self._finished]
        return [Finished(key, target, TVM_VERSION, count, space) for count in due]
