"""What a tuning run knows while it runs: each task's best time, trials and errors, and the latency they add up to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import TYPE_CHECKING

from ...schedules.layers import ExpandedDepthwise, Layer
from .budget import Budget
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
        mean = exp(sum(map(log, microseconds.values())) / len(microseconds))
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


class Watch:
    """All tasks of a run; `changed` is called after each trial."""

    def __init__(
        self,
        tasks: Sequence[Progressing],
        changed: Callable[[Watch], None] = lambda _: None,
        budget: Budget | None = None,
    ) -> None:
        self.tasks = list(tasks)
        self._changed = changed
        self._budget = budget or Budget()
        self._began = time.monotonic()
        self._by_layer = {one.task.layer: one for one in tasks}

    def __getitem__(self, layer: Layer) -> Progressing:
        return self._by_layer[layer]

    def tell(self) -> None:
        """Show what has changed."""
        self._changed(self)

    @property
    def left(self) -> int:
        """Candidates of all tasks that are not measured yet."""
        return sum(max(0, one.left) for one in self.tasks)

    @property
    def seconds_left(self) -> float:
        """At the pace so far, and within the budget."""
        left = self.left if self._budget.trials is None else min(self.left, self._budget.trials - self.trials)
        pace = (time.monotonic() - self._began) / max(1, self.trials)
        return max(0.0, min(left * pace, self._budget.seconds_left))

    @property
    def trials(self) -> int:
        """Of all tasks."""
        return sum(one.trials for one in self.tasks)

    def predicted_ms(self, network: str, before: bool = False) -> float | None:
        """The sum of its layers' times; None while one of them is not known.

        A fused layer counts where it is faster than the two layers that it is made of.
        """
        times = {one.task.layer: one.before if before else one.best for one in self.tasks}
        total = 0.0
        for one in self.tasks:
            count = one.task.uses[network]
            if not count:
                continue
            if isinstance(one.task.layer, ExpandedDepthwise):
                own = times[one.task.layer]
                halves = [times.get(half) for half in (one.task.layer.expansion, one.task.layer.depthwise)]
                if own is not None and None not in halves:
                    total += count * min(0.0, own - sum(filter(None, halves)))
            elif (took := times[one.task.layer]) is not None:
                total += count * took
            else:
                return None
        return total / 1e3

    @property
    def networks(self) -> list[str]:
        """Their names."""
        return sorted({name for one in self.tasks for name in one.task.uses})
