"""Tune with kernels that are measured alone: on boards, in boxes by the modelled clock, or here."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ....schedules import machines
from ....schedules.layers import Dense
from ...errors import CheckFailed
from ...progress import Progress, silent
from ..choice import RecordedChoice
from ..progressing import Progressing
from ..tasks import Task
from ..waiting import Waiting
from ..watch import Watch
from .build_trial import Builders
from .check import check_winners
from .loop import Loop
from .measuring import Measure, Measuring
from .peak import peak_gflops
from .run import Alone
from .sources import Sources
from .trial import Outcome
from .turns import take_turns


def tune_alone(
    tasks: Sequence[Task], run: Alone, changed: Callable[[Watch], None] = lambda _: None, progress: Progress = silent
) -> Watch:
    """Measure what the log has no answer for, append it as it comes, and check the answers of what won.

    It can be killed at any time and goes on where it was.
    """
    watch, loop = prepare(tasks, run, changed)
    with (
        tempfile.TemporaryDirectory(prefix="tilewright-trials-") as folder,
        Builders(run.target, Path(folder)) as builders,
    ):
        measure = Measuring(run, builders)
        if watch.left:
            progress(f"a trial kernel for {run.target.name}")
            _require_trial(run, measure)
        watch.peak_gflops = run.here_gflops or peak_gflops(run.target, run.slots, run.threads)
        loop.go(measure, progress)
        take_turns(watch, run, measure, progress)
        check_winners(watch, run, builders, progress)
    return watch


def prepare(tasks: Sequence[Task], run: Alone, changed: Callable[[Watch], None] = lambda _: None) -> tuple[Watch, Loop]:
    """The state of each task of which there is a choice, and the loop of their trials."""
    waiting = Waiting(run.log, "alone", run.clock)
    known = RecordedChoice(run.log.records, machines.get(str(run.target.machine)))
    sources = Sources(run, waiting)
    made = {task.layer: sources.of(task) for task in tasks if run.tuner.has_choice(task)}
    states = [Progressing.starting(task, made[task.layer].left, known) for task in tasks if task.layer in made]
    watch = Watch(states, changed, run.budget)
    left = {layer: source for layer, source in made.items() if source.left}
    return watch, Loop(run, waiting, watch, left)


def _require_trial(run: Alone, measure: Measure) -> None:
    """The smallest kernel is built and run before all others.  Raises CheckFailed with the first real error."""
    from ....schedules.kernels import candidates

    layer = Dense(1, 16, 16)
    first = next(iter(candidates(layer, machines.get(str(run.target.machine)))))
    ended: list[Outcome] = []
    measure(layer, [first], ended.append)
    if ended[0].failed is not None:
        raise CheckFailed(f"a trial kernel for {run.target.name} fails ({ended[0].failed}): {ended[0].message}")
