"""Tune networks: gather what there is to measure, choose how, measure, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..benchmarking.limits import require_cores
from ..boards.choice import BoardChoice
from ..errors import TilewrightError
from ..importing import ImportedModel
from ..progress import Progress, silent
from ..targets import Target
from .alone.run import Alone
from .alone.slots import open_slots
from .alone.tune import TRIAL_SECONDS, tune_alone
from .budget import Budget
from .choice import require_choice
from .in_network import tune_in_network
from .log import Log, read_log
from .sources import maker
from .tasks import tasks_of
from .watch import Watch

AUTO = "auto"


@dataclass(frozen=True)
class TuneOptions:
    """`threads` None: 1 and 2 here, all of a board's cores there, 1 where the clock is modelled.

    tuner  "auto": the kernels' own spaces, inside the networks here and alone on a board; or see `sources.maker`
    logs   the folder that is read and appended to
    """

    target: Target
    logs: Path
    tuner: str = AUTO
    threads: tuple[int, ...] | None = None
    budget: Budget = field(default_factory=Budget)
    board: BoardChoice = field(default_factory=BoardChoice)
    boxes: int | None = None


@dataclass(frozen=True)
class Tuned:
    """What a run gave: how many records came in, and, of kernels measured alone, each task."""

    records: int
    watch: Watch | None
    clock_hz: float | None = None
    passed_over: tuple[str, ...] = ()


def tune_networks(
    networks: Sequence[ImportedModel],
    options: TuneOptions,
    changed: Callable[[Watch, float | None], None] = lambda watch, clock_hz: None,
    progress: Progress = silent,
) -> Tuned:
    """Measure what `options.logs` has no answer for yet.  Raises TilewrightError for what cannot be tuned."""
    log = read_log(options.target.name, options.logs)
    if options.tuner in (AUTO, "kernels") and not options.board.any:
        threads = options.threads or (1, 2)
        require_cores(threads)
        tune_in_network(networks, options.target, threads, options.logs, options.budget, progress)
        return Tuned(_came_in(options, log), None, passed_over=log.passed_over)
    make = maker("kernels" if options.tuner == AUTO else options.tuner, options.target)
    tasks = tasks_of(networks, options.target, require_choice(options.target, options.logs))
    with open_slots(options.board, options.target, TRIAL_SECONDS, options.boxes, progress) as slots:
        clock_hz = _clock_hz(slots.state.core)
        threads = options.threads or ((1,) if clock_hz else (1, slots.state.cpu.cores))
        if clock_hz and threads != (1,):
            raise TilewrightError("a board in a box models the clock of one thread: leave --threads out")
        run = Alone(options.target, tuple(dict.fromkeys(threads)), slots, options.logs, log, make, options.budget)
        watch = tune_alone(tasks, run, lambda watch: changed(watch, clock_hz), progress)
    return Tuned(_came_in(options, log), watch, clock_hz, log.passed_over)


def _came_in(options: TuneOptions, before: Log) -> int:
    return len(read_log(options.target.name, options.logs).records) - len(before.records)


def _clock_hz(core_name: str | None) -> float | None:
    """Of the modelled core; None where the clock is a real one."""
    from ..boards.cost.cores import core

    return None if core_name is None else core(core_name).clock_hz
