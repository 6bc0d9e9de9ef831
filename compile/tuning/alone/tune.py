"""Tune with kernels that are measured alone: on boards, in boxes by the modelled clock, or here."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ....schedules import machines
from ...progress import Progress, silent
from ..choose import choice_of
from ..progressing import Progressing
from ..tasks import Task
from ..waiting import Waiting
from ..watch import Watch
from .build_trial import Builders
from .check import check_winners
from .loop import Loop
from .measuring import Measuring
from .peak import peak_gflops
from .run import Alone
from .sources import Sources
from .trial_kernel import require_trial
from .turns import take_turns


def tune_alone(
    tasks: Sequence[Task], run: Alone, changed: Callable[[Watch], None] = lambda _: None, progress: Progress = silent
) -> Watch:
    """Measure what the log has no answer for, append it as it comes, and check the answers of what won on boards.

    Here that is for `check_alone`, when it has won in the network as well.
    It can be killed at any time and goes on where it was.
    """
    watch, loop = prepare(tasks, run, changed)
    with _builders(run) as builders:
        measure = Measuring(run, builders)
        if watch.left:
            progress(f"a trial kernel for {run.target.name}")
            require_trial(run.target, measure)
        watch.peak_gflops = run.here_gflops or peak_gflops(run.target, run.slots, run.threads)
        loop.go(measure, progress)
        take_turns(watch, run, measure, progress)
        if not run.slots.here:
            check_winners(watch, run, builders, progress)
    return watch


def check_alone(watch: Watch, run: Alone, trial: bool, progress: Progress = silent) -> None:
    """See `check_winners`; before it, with `trial`, run a trial kernel.  Raises CheckFailed where that cannot be."""
    with _builders(run) as builders:
        if trial:
            progress(f"a trial kernel for {run.target.name}")
            require_trial(run.target, Measuring(run, builders))
        check_winners(watch, run, builders, progress)


@contextmanager
def _builders(run: Alone) -> Iterator[Builders]:
    with (
        tempfile.TemporaryDirectory(prefix="tilewright-trials-") as folder,
        Builders(run.target, Path(folder)) as builders,
    ):
        yield builders


def prepare(tasks: Sequence[Task], run: Alone, changed: Callable[[Watch], None] = lambda _: None) -> tuple[Watch, Loop]:
    """The state of each task of which there is a choice, and the loop of their trials."""
    waiting = Waiting(run.log, run.cpu, "alone", run.clock)
    known = choice_of(run.log, machines.get(str(run.target.machine)))
    sources = Sources(run, waiting)
    made = {task.layer: sources.of(task) for task in tasks if run.tuner.has_choice(task)}
    states = [Progressing.starting(task, made[task.layer].left, known) for task in tasks if task.layer in made]
    watch = Watch(states, changed, run.budget)
    left = {layer: source for layer, source in made.items() if source.left}
    defaults = {task.layer: sources.default(task) for task in tasks if task.layer in left}
    return watch, Loop(run, waiting, watch, left, defaults)
