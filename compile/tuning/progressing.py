"""A task of a tuning run on its way: its best time so far, its trials and its errors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import geometric_mean
from typing import TYPE_CHECKING

from .choice import RecordedChoice
from .tasks import Task

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate


@dataclass
class Progressing:
    """A task on its way.

    before, best  microseconds, the geometric mean over thread counts; None while nothing is measured
    stale         batches since the last that found something faster
    first_error   the first failure's words
    """

    task: Task
    left: int
    before: float | None = None
    best: float | None = None
    winner: Candidate | None = None
    trials: int = 0
    stale: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    first_error: str = ""

    @classmethod
    def starting(cls, task: Task, left: int, known: RecordedChoice) -> Progressing:
        """With what is on record."""
        one = cls(task, left)
        one.settle(known)
        one.before = one.best
        return one

    @property
    def uses(self) -> int:
        """How often all networks together compute the layer."""
        return sum(self.task.uses.values())

    @property
    def gflops(self) -> float | None:
        """Of the definition: Winograd's may exceed the peak."""
        return None if self.best is None else 2e-3 * self.task.layer.macs / self.best

    def measured(self, one: Candidate, microseconds: dict[int, float]) -> float:
        """Count in a trial; returns its mean in microseconds."""
        self.trials += 1
        mean = geometric_mean(microseconds.values())
        if self.best is None or mean < self.best:
            self.best, self.winner, self.stale = mean, one, -1
        if self.before is None:
            self.before = mean
        return mean

    def failed(self, kind: str, message: str) -> None:
        """Count in a trial that failed."""
        self.trials += 1
        self.errors[kind] += 1
        self.first_error = self.first_error or message

    def settle(self, known: RecordedChoice) -> None:
        """The best is what is chosen by the records; nothing changes without any."""
        if ranked := known.ranked(self.task.layer):
            self.winner, self.best = ranked[0], known.mean_microseconds(self.task.layer, ranked[0])

    def add(self, other: Progressing) -> None:
        """Count in the trials and errors of the same task at another place; `before` counts there if none did here."""
        if self.before is None:
            self.before = other.before
        self.trials += other.trials
        self.left += other.left
        self.errors += other.errors
        self.first_error = self.first_error or other.first_error
