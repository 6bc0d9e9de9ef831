"""What proposes the candidates of each task of a run: what its tuner may choose from, less what is on record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ....schedules import machines
from ....schedules.layers import to_key
from ..choice import RecordedChoice
from ..record import Record
from ..sources import Source
from ..sources.by_metaschedule import TRIALS, Traced
from ..sources.cost_model import CostModel
from ..tasks import Task
from ..transfer import Experience, promising_first
from ..waiting import Waiting
from .run import Alone

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate
    from ....schedules.layers import Layer

TRACES_SPACE = f"metaschedule, {TRIALS} trials"  # in the mark of a layer that had them


class Sources:
    """Makes them; MetaSchedule's cost model and the experience with like layers are shared."""

    def __init__(self, run: Alone, waiting: Waiting) -> None:
        self._run, self._waiting = replace(run, log=run.log.of_cpu(run.cpu)), waiting
        self._experience = Experience(run.target if run.transfer else None)
        self._model = None
        if run.tuner.traces:
            self._model = CostModel(run.logs / run.target.name if run.transfer else None)

    def of(self, task: Task) -> Source:
        """The source of one task."""
        run, layer = self._run, task.layer
        groups = run.tuner.groups(task)
        merits = self._experience.merits(layer, [one for group in groups for one in group])
        left = promising_first(self._waiting.left(layer, groups, run.threads), merits)
        known = _seconds(layer, run)
        traced = Traced(
            tuple((one, seconds) for one, seconds in known.items() if one.traced),
            traces_left(task, self._waiting, run.threads),
            _tried(layer, run),
        )
        return run.tuner.source(task, left, merits, known, traced, run.target, self._model, self.default(task))

    def default(self, task: Task) -> Candidate | None:
        """What a build without a record takes, where that has never been measured, here or in a network."""
        first, run = next(iter(task.candidates), None), self._run
        if first is None or not self._waiting.lacks(task.layer, first, task.candidates, run.threads):
            return None
        in_network = (to_key(task.layer), first.name, "network", run.clock)  # which counts for more
        known = ((one.layer, one.candidate, one.place, one.clock) for one in run.log.records)
        return None if in_network in known else first


def _records(layer: Layer, run: Alone) -> list[Record]:
    """Of this very layer: a choice for a batch would go by those of one picture."""
    its = (to_key(layer), "alone", run.clock)
    return [one for one in run.log.records if (one.layer, one.place, one.clock) == its]


def _tried(layer: Layer, run: Alone) -> frozenset[str]:
    """What failed, or is on record for all of the run's thread counts."""
    failed = {one.candidate for one in run.log.failures if one.layer == to_key(layer)}
    counts: dict[str, set[int]] = defaultdict(set)
    for one in _records(layer, run):
        counts[one.candidate].add(one.threads)
    return frozenset(failed | {name for name, there in counts.items() if {*run.threads} <= there})


def _seconds(layer: Layer, run: Alone) -> dict[Candidate, float]:
    """Of what this run would not measure again."""
    known = RecordedChoice(_records(layer, run), machines.get(str(run.target.machine)))
    times = {one: known.times(layer, one) for one in known.ranked(layer)}
    return {one: min(by[count] for count in run.threads) / 1e6 for one, by in times.items() if {*run.threads} <= {*by}}


def traces_left(task: Task, waiting: Waiting, threads: Sequence[int]) -> int:
    """How many of MetaSchedule's schedules are still to be tried for a layer."""
    if task.traceable is None or not waiting.marks_of(task.layer, TRACES_SPACE, threads, ""):
        return 0
    return max(0, TRIALS - waiting.tried(task.layer, task.traceable.name))
