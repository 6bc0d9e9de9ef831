"""Tune with kernels that are measured alone: on boards, in boxes by the modelled clock, or here.

The budget goes where time is to be won: each batch of trials to the task whose best time, as often as networks need it,
is largest, a task that found nothing faster lately counting less.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ....schedules import machines
from ....schedules.layers import Dense, to_key
from ...errors import CheckFailed
from ...progress import Progress, silent
from ...schedule_text import layer_text
from ...tvm_stack import TVM_VERSION
from ..choice import RecordedChoice
from ..log import append
from ..record import Entry, Failure, Record
from ..sources import Source
from ..tasks import Task
from ..waiting import Waiting
from ..watch import Progressing, Watch
from .build_trial import Builders, error_of
from .check import check_winners
from .run import Alone
from .runner import Job, Runner
from .sources import TRACES_SPACE, Sources
from .trial import Outcome, Trial

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate
    from ....schedules.layers import Layer

_BATCH_OF_A_SLOT = 4
_WEARY = 0.7  # what a task is worth after a batch that found nothing faster
TRIAL_SECONDS = 240  # under an emulator that counts, on a machine that builds as well


def tune_alone(
    tasks: Sequence[Task], run: Alone, changed: Callable[[Watch], None] = lambda _: None, progress: Progress = silent
) -> Watch:
    """Measure what the log has no answer for, append it as it comes, and check the answers of what won.

    It can be killed at any time and goes on where it was.
    """
    waiting = Waiting(run.log, "alone", run.clock)
    known = RecordedChoice(run.log.records, machines.get(str(run.target.machine)))
    sources = Sources(run, waiting)
    made = {task.layer: sources.of(task) for task in tasks}
    watch = Watch(
        [_progressing(task, made[task.layer], known) for task in tasks if _is_choice(task, run)], changed, run.budget
    )
    sources_left = {one.task.layer: made[one.task.layer] for one in watch.tasks if one.left}
    with (
        tempfile.TemporaryDirectory(prefix="tilewright-trials-") as folder,
        Builders(run.target, Path(folder)) as builders,
    ):
        if watch.left:
            progress(f"a trial kernel for {run.target.name}")
            _require_trial(run, builders)
        _Loop(run, waiting, watch, sources_left, builders).go(progress)
        check_winners(watch, run, builders, progress)
    return watch


def _is_choice(task: Task, run: Alone) -> bool:
    """Whether the tuner can choose between two; what MetaSchedule finds is always beside a kernel of ours."""
    listed = sum(map(len, run.tuner.groups(task)))
    return listed > 1 or (run.tuner.traces and task.traceable is not None)


def _progressing(task: Task, source: Source, known: RecordedChoice) -> Progressing:
    found = known.ranked(task.layer)[:1]
    best = known.mean_microseconds(task.layer, found[0]) if found else None
    return Progressing(task, source.left, best, best, found[0] if found else None)


def _require_trial(run: Alone, builders: Builders) -> None:
    """The smallest kernel is built and run before all others.  Raises CheckFailed with the first real error."""
    from ....schedules.kernels import candidates

    layer = Dense(1, 16, 16)
    first = next(iter(candidates(layer, machines.get(str(run.target.machine)))))
    ended: list[Outcome] = []
    Runner(run.slots, run.threads, TRIAL_SECONDS).run(
        [Job(Trial(layer, first), *builders.submit(layer, first))], ended.append
    )
    if ended[0].failed is not None:
        raise CheckFailed(f"a trial kernel for {run.target.name} fails ({ended[0].failed}): {ended[0].message}")


class _Loop:
    def __init__(
        self, run: Alone, waiting: Waiting, watch: Watch, sources: dict[Layer, Source], builders: Builders
    ) -> None:
        self._run, self._waiting, self._watch, self._builders = run, waiting, watch, builders
        self._sources = sources
        self._runner = Runner(run.slots, run.threads, TRIAL_SECONDS)

    def go(self, progress: Progress) -> None:
        """Batch after batch, until nothing is left or the budget is spent."""
        while self._sources and self._run.budget.left(self._watch.trials):
            one = max((task for task in self._watch.tasks if task.task.layer in self._sources), key=_worth)
            batch = self._sources[one.task.layer].next(self._batch_size(one))
            if batch:
                progress(f"measuring {layer_text(json.loads(to_key(one.task.layer)))}")
                one.stale += 1
                self._measure(one, batch)
            one.left = self._sources[one.task.layer].left
            if not one.left:
                del self._sources[one.task.layer]
                self._mark(one)

    def _batch_size(self, one: Progressing) -> int:
        if one.best is None:  # what all tasks take is to be known first
            return 1
        trials = self._run.budget.trials
        most = _BATCH_OF_A_SLOT * len(self._run.slots.opens)
        return most if trials is None else min(most, trials - self._watch.trials)

    def _measure(self, one: Progressing, batch: Sequence[Candidate]) -> None:
        jobs = []
        for candidate in batch:
            path, built = self._builders.submit(one.task.layer, candidate)
            jobs.append(Job(Trial(one.task.layer, candidate), path, built))
        if self._run.slots.here:  # a build beside a measurement would spoil it
            for job in jobs:
                error_of(job.built)
        self._runner.run(jobs, self._done)
        for job in jobs:
            job.library.unlink(missing_ok=True)

    def _done(self, outcome: Outcome) -> None:
        one, candidate = self._watch[outcome.trial.layer], outcome.trial.candidate
        self._put_down(entries_of(outcome, self._run))
        source = self._sources[one.task.layer]
        if outcome.failed is None:
            mean = one.measured(candidate, outcome.microseconds)
            source.tell(candidate, min(outcome.microseconds.values()) / 1e6, mean / (one.best or mean))
        else:
            one.failed(outcome.failed, outcome.message)
            source.tell(candidate, None, float("inf"))
        one.left = source.left
        self._watch.tell()

    def _mark(self, one: Progressing) -> None:
        task, run = one.task, self._run
        marks = self._waiting.marks(task.layer, run.tuner.groups(task), run.threads, run.target.name)
        if run.tuner.traces and task.traceable is not None:
            marks += self._waiting.marks_of(task.layer, TRACES_SPACE, run.threads, run.target.name)
        self._put_down(marks)

    def _put_down(self, entries: Sequence[Entry]) -> None:
        append(entries, self._run.logs)
        for entry in entries:
            self._waiting.note(entry)


def _worth(one: Progressing) -> float:
    if one.best is None:
        return float("inf")
    return one.uses * one.best * _WEARY ** max(0, one.stale)


def entries_of(outcome: Outcome, run: Alone) -> list[Record | Failure]:
    """The lines of an outcome; a trial lost with its board is none: it may do well on another."""
    one = outcome.trial.candidate
    key = (to_key(outcome.trial.layer), run.target.name, TVM_VERSION, one.kernel.name, one.settings)
    if outcome.failed == "board":
        return []
    if outcome.failed is not None:
        return [Failure(*key, outcome.failed, outcome.message)]
    cpu = run.slots.state.cpu.model
    times = outcome.microseconds.items()
    return [Record(*key, count, round(taken, 3), cpu, "", "alone", run.clock) for count, taken in times]
