"""Batch after batch of trials: where the budget goes.

Each goes to the task whose best time, as often as networks need it, is largest, a task that found nothing faster lately
counting less.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ....schedules.layers import to_key
from ...progress import Progress, silent
from ...schedule_text import layer_text
from ..entry import Entry
from ..log import append
from ..progressing import Progressing
from ..sources import Source
from ..waiting import Waiting
from ..watch import Watch
from .entries import entries_of
from .measuring import Measure
from .run import Alone
from .sources import TRACES_SPACE
from .trial import Outcome

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate
    from ....schedules.layers import Layer

_BATCH_OF_A_SLOT = 4
_WEARY = 0.7  # what a task is worth after a batch that found nothing faster


class Loop:
    """`sources` propose the candidates of the tasks that have some left, those with `defaults` to measure first."""

    def __init__(
        self,
        run: Alone,
        waiting: Waiting,
        watch: Watch,
        sources: dict[Layer, Source],
        defaults: Mapping[Layer, Candidate | None],
    ) -> None:
        self._run, self._waiting, self._watch = run, waiting, watch
        self._sources = sources
        self._defaults = {layer: one for layer, one in defaults.items() if one is not None}

    def go(self, measure: Measure, progress: Progress = silent) -> None:
        """Batch after batch, until nothing is left or the budget is spent."""
        while self._sources and self._run.budget.left(self._watch.trials):
            one = max((task for task in self._watch.tasks if task.task.layer in self._sources), key=self._worth)
            batch = self._sources[one.task.layer].next(self._batch_size(one))
            if batch:
                progress(f"measuring {layer_text(json.loads(to_key(one.task.layer)))}")
                one.stale += 1
                measure(one.task.layer, batch, self._done)
            one.left = self._sources[one.task.layer].left
            if not one.left:
                del self._sources[one.task.layer]
                self._mark(one)

    def _batch_size(self, one: Progressing) -> int:
        if self._worth(one) == float("inf"):
            return 1
        trials = self._run.budget.trials
        most = _BATCH_OF_A_SLOT * len(self._run.slots.now())
        return most if trials is None else min(most, trials - self._watch.trials)

    def _done(self, outcome: Outcome) -> None:
        one, candidate = self._watch[outcome.trial.layer], outcome.trial.candidate
        self._put_down(entries_of(outcome, self._run))
        if self._defaults.get(one.task.layer) == candidate:
            del self._defaults[one.task.layer]
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

    def _worth(self, one: Progressing) -> float:
        """What all tasks take is to be known first, and that without a record."""
        if one.best is None or one.task.layer in self._defaults:
            return float("inf")
        return one.uses * one.best * _WEARY ** max(0, one.stale)
