"""Which candidates of a layer a log has no answer for yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...schedules import machines
from ...schedules.layers import to_key
from ..cpu import host_cpu
from ..targets import Target
from ..tvm_stack import TVM_VERSION
from .entry import Entry
from .log import Log
from .marks import Beaten, Checked, Finished
from .record import Clock, Failure, Place, name_of, space_of

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer


def cpu_that_counts(target: Target, model: str | None = None) -> str | None:
    """Whose measurements a run on a CPU of that `model` does not repeat: its own; None, anybody's, for one design.

    Without a `model` the run is on this machine.  Were they not told apart, a log that came from elsewhere would leave
    its winners to be measured by nobody here.
    """
    return None if machines.get(str(target.machine)).one_design else model or host_cpu().model


class Waiting:
    """Looks up `log` for what was measured, failed and finished on `cpu` (`cpu_that_counts`) at `place` by `clock`."""

    def __init__(self, log: Log, cpu: str | None, place: Place, clock: Clock = "wall") -> None:
        self._cpu = cpu
        self._place: Place = place
        self._clock: Clock = clock
        self._measured: set[tuple[str, str, int]] = set()
        self._failed: set[tuple[str, str]] = set()
        self._finished: set[tuple[str, int, str]] = set()
        its = log.of_cpu(cpu)
        for entry in (*its.records, *its.failures, *its.finished):
            self.note(entry)

    def note(self, entry: Entry) -> None:
        """Count in what was just put down."""
        if isinstance(entry, Failure):
            if self._bars(entry):
                self._failed.add((entry.layer, entry.candidate))
        elif isinstance(entry, (Checked, Beaten)):
            pass  # says nothing of what was measured
        elif entry.place in (None, self._place) and entry.clock in (None, self._clock):
            if isinstance(entry, Finished):
                self._finished.add((entry.layer, entry.finished, entry.space))
            else:
                self._measured.add((entry.layer, entry.candidate, entry.threads))

    def left(self, layer: Layer, groups: Sequence[Sequence[Candidate]], threads: Sequence[int]) -> list[Candidate]:
        """Those of `groups` that are to be measured with some of `threads`; none of a single one, which is no choice.

        Each group is finished by itself.
        """
        if sum(map(len, groups)) < 2:
            return []
        return [one for group in groups for one in self._left_of(to_key(layer), group, threads)]

    def lacks(self, layer: Layer, one: Candidate, group: Sequence[Candidate], threads: Sequence[int]) -> bool:
        """Whether `one` of `group` is still to be measured with some of `threads`, be it the only one."""
        return one in self._left_of(to_key(layer), group, threads)

    def marks(
        self, layer: Layer, groups: Sequence[Sequence[Candidate]], threads: Sequence[int], target: str
    ) -> list[Finished]:
        """The marks that `layer` is due: none for a group with candidates left, or that has them already."""
        key = to_key(layer)
        if sum(map(len, groups)) < 2:
            return []
        done = [space_of(group) for group in groups if group and not self._left_of(key, group, threads)]
        return [mark for space in done for mark in self.marks_of(layer, space, threads, target)]

    def marks_of(self, layer: Layer, space: str, threads: Sequence[int], target: str) -> list[Finished]:
        """Those of one space that are not on record yet."""
        key = to_key(layer)
        due = [count for count in threads if (key, count, space) not in self._finished]
        return [Finished(key, target, TVM_VERSION, count, space, self._place, self._clock, self._cpu) for count in due]

    def tried(self, layer: Layer, kernel: str) -> int:
        """How many configs of a kernel without a list of them were measured here, or failed."""
        key, start = to_key(layer), name_of(kernel, {})[:-3]  # up to the config
        measured = {name for of, name, _ in self._measured if of == key and name.startswith(start)}
        return len(measured | {name for of, name in self._failed if of == key and name.startswith(start)})

    def _bars(self, failure: Failure) -> bool:
        """A wrong answer bars anywhere.

        What crashes or hangs alone would take the tuner with it in a network, which it is built into in this process.
        """
        if failure.failed == "answer":
            return True
        anywhere = failure.place is None or failure.failed in ("crash", "timeout")
        return (anywhere or failure.place == self._place) and failure.clock in (None, self._clock)

    def _left_of(self, key: str, candidates: Sequence[Candidate], threads: Sequence[int]) -> list[Candidate]:
        space = space_of(candidates)
        if all((key, count, space) in self._finished for count in threads):
            return []
        named = [(one, one.name) for one in candidates]
        return [
            one
            for one, name in named
            if (key, name) not in self._failed and any((key, name, count) not in self._measured for count in threads)
        ]
