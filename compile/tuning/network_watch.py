"""What is watched while kernels are measured inside their networks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import prod
from pathlib import Path

from ...schedules.layers import to_key
from ..benchmarking.peaks import fma_gflops
from ..importing import ImportedModel
from ..targets import Target
from .budget import Budget
from .choice import require_choice
from .log import read_log
from .progressing import Progressing
from .record import Failure, Record
from .sources import Tuner
from .tasks import tasks_of
from .waiting import Waiting
from .watch import Watch


def watch_networks(
    networks: Sequence[ImportedModel],
    target: Target,
    threads: Sequence[int],
    logs: Path,
    tuner: Tuner,
    budget: Budget,
    changed: Callable[[Watch], None],
) -> Watch:
    """The tasks of `networks` of which `tuner` has a choice, with what is on record, and what this machine can do."""
    known, waiting = require_choice(target, logs), Waiting(read_log(target.name, logs), "network")
    tasks = [task for task in tasks_of(networks, target, known) if tuner.has_choice(task)]
    left = {task.layer: waiting.left(task.layer, [task.candidates], threads) for task in tasks if tuner.in_network}
    states = [Progressing.starting(task, len(left.get(task.layer, ())), known) for task in tasks]
    peak = prod(fma_gflops(target, count) for count in threads) ** (1 / len(threads))
    return Watch(states, changed, budget, peak)


def count_in(watch: Watch, entries: Iterable[Record | Failure]) -> None:
    """What a round gave: a candidate's times with all thread counts are one trial."""
    from ...schedules.kernels import candidate

    tasks = {to_key(one.task.layer): one for one in watch.tasks}
    trials: dict[tuple[str, str], list[Record | Failure]] = defaultdict(list)
    for entry in entries:
        trials[entry.layer, entry.candidate].append(entry)
    for (layer, _), (first, *others) in trials.items():
        if isinstance(first, Failure):
            tasks[layer].failed(first.failed, first.message)
        else:
            records = [first, *(one for one in others if isinstance(one, Record))]
            times = {one.threads: one.microseconds for one in records}
            tasks[layer].measured(candidate(first.kernel, first.config), times)
        tasks[layer].left -= 1
    watch.tell()
