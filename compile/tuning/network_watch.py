"""What is watched while kernels are measured inside their networks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from statistics import geometric_mean

from ...schedules import machines
from ...schedules.layers import from_key
from ..benchmarking.peaks import fma_gflops
from ..targets import Target
from .budget import Budget
from .choose import choice_of
from .log import Log
from .progressing import Progressing
from .record import Failure, Record
from .sources import Tuner
from .tasks import Task
from .waiting import Waiting, cpu_that_counts
from .watch import Watch


def watch_networks(
    tasks: Sequence[Task],
    target: Target,
    threads: Sequence[int],
    log: Log,
    tuner: Tuner,
    budget: Budget,
    changed: Callable[[Watch], None],
) -> Watch:
    """The tasks of which `tuner` has a choice, with what is on record, and what this machine can do."""
    known = choice_of(log, machines.get(str(target.machine)))
    waiting = Waiting(log, cpu_that_counts(target), "network")

    def left(task: Task) -> int:
        return len(waiting.left(task.layer, [task.candidates], threads)) if tuner.in_network else 0

    states = [Progressing.starting(task, left(task), known) for task in tasks if tuner.has_choice(task)]
    return Watch(states, changed, budget, geometric_mean(fma_gflops(target, count) for count in threads))


def count_in(watch: Watch, entries: Iterable[Record | Failure]) -> None:
    """What a round gave: a candidate's times with all thread counts are one trial."""
    from ...schedules.kernels import candidate

    trials: dict[tuple[str, str], list[Record | Failure]] = defaultdict(list)
    for entry in entries:
        trials[entry.layer, entry.candidate].append(entry)
    for (layer, _), found in trials.items():
        task, first = watch[from_key(layer)], found[0]
        if isinstance(first, Failure):
            task.failed(first.failed, first.message)
        else:
            times = {one.threads: one.microseconds for one in found if isinstance(one, Record)}
            task.measured(candidate(first.kernel, first.config), times)
        task.left -= 1
    watch.tell()
