"""What a tuning run knows while it runs: each task's best time, trials and errors, and the latency they add up to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ...schedules.layers import ExpandedDepthwise
from .budget import Budget
from .choice import RecordedChoice
from .progressing import Progressing

if TYPE_CHECKING:
    from ...schedules.layers import Layer


class Watch:
    """All tasks of a run; `changed` is called after each trial.

    peak_gflops  what the cores that are measured could do at best, by which the tasks' GFLOP/s are judged; None until
                 that is known.  The geometric mean over the thread counts, as the tasks' times are.
    """

    def __init__(
        self,
        tasks: Sequence[Progressing],
        changed: Callable[[Watch], None] = lambda _: None,
        budget: Budget | None = None,
        peak_gflops: float | None = None,
    ) -> None:
        self.tasks = list(tasks)
        self.peak_gflops = peak_gflops
        self._changed = changed
        self._budget = budget or Budget()
        self._began = time.monotonic()
        self._by_layer = {one.task.layer: one for one in tasks}

    def __getitem__(self, layer: Layer) -> Progressing:
        return self._by_layer[layer]

    def tell(self) -> None:
        """Show what has changed."""
        self._changed(self)

    def add(self, other: Watch) -> None:
        """Count in the trials of the same tasks at another place."""
        for one in other.tasks:
            self[one.task.layer].add(one)

    def settle(self, known: RecordedChoice) -> None:
        """Each task's best is what is chosen by the records now."""
        for one in self.tasks:
            one.settle(known)
        self.tell()

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
        """The sum of the times of a network's layers, by its origin; None while one of them is not known.

        A fused layer counts where it is faster than the two layers that it is made of.
        """
        times = {one.task.layer: one.before if before else one.best for one in self.tasks}
        spent = [(count, times[layer]) for layer, count in self._calls(network, times).items()]
        known = [count * took for count, took in spent if took is not None]
        return sum(known) / 1e3 if len(known) == len(spent) else None

    def _calls(self, network: str, times: Mapping[Layer, float | None]) -> Counter[Layer]:
        """How often a network computes each layer, where fused ones are computed that are faster by `times`."""
        calls = Counter({one.task.layer: one.task.uses[network] for one in self.tasks_of(network)})
        for fused in [layer for layer in calls if isinstance(layer, ExpandedDepthwise)]:
            count, own = calls.pop(fused), times[fused]
            halves = (fused.expansion, fused.depthwise)
            taken = [took for half in halves if (took := times.get(half)) is not None]
            if own is not None and len(taken) == len(halves) and own < sum(taken):
                calls += Counter({fused: count})
                calls.subtract(dict.fromkeys(halves, count))
        return +calls

    def tasks_of(self, network: str) -> list[Progressing]:
        """The layers that it has."""
        return [one for one in self.tasks if one.task.uses[network]]

    @property
    def networks(self) -> list[str]:
        """Their origins."""
        return sorted({name for one in self.tasks for name in one.task.uses})
