"""Run a sweep's points until each is done or has failed, starting again those whose process was killed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import TilewrightError
from ..progress import Progress, silent
from ..tvm_stack import available_cores
from .executors import PLACES, Executor, executor_for
from .points import points_of
from .steps import Plan, plan_of
from .sweep_file import read_sweep

_POLL_SECONDS = 0.5
_TRIES = 3


@dataclass(frozen=True)
class SweepOptions:
    """`jobs` points at once: None for one here, all on Slurm.  `retry`: those that had failed run again."""

    on: str = "local"
    jobs: int | None = None
    retry: bool = False

    def __post_init__(self) -> None:
        """Raises TilewrightError for a place that is none."""
        if self.on not in PLACES:
            raise TilewrightError(f"--on {self.on}: local or slurm")


@dataclass(frozen=True)
class Sweep:
    """The points of a file, and the folder that holds all that comes of them."""

    plans: tuple[Plan, ...]
    out: Path
    slurm: dict[str, Any] = field(default_factory=dict)


def open_sweep(file: Path, out: Path) -> Sweep:
    """Read `file`; all of its points' commands are checked.  Raises TilewrightError for what is wrong with it."""
    read, out = read_sweep(file), out.absolute()
    points = points_of(read, file)
    try:
        return Sweep(tuple(plan_of(one, out) for one in points), out, dict(read.slurm))
    except TilewrightError as error:
        raise TilewrightError(f"{file}: {error}") from None


def run_sweep(sweep: Sweep, options: SweepOptions, progress: Progress = silent) -> None:
    """Run what is not done yet.  It may be killed at any time, and so may any of its processes.

    With several jobs what measures comes last: here one at a time, on a cluster with a node for each to itself.
    """
    if options.retry:
        for plan in sweep.plans:
            plan.forget_failure()
    executor = executor_for(options.on, sweep.out / "jobs", sweep.slurm)
    jobs = options.jobs or (1 if options.on == "local" else len(sweep.plans))
    here = options.on == "local"
    if jobs > 1:
        threads = max(1, available_cores() // jobs) if here else None
        _Phase(sweep, executor, jobs, progress, measure=False, threads=threads).run()
    _Phase(sweep, executor, 1 if here else jobs, progress).run()


@dataclass(frozen=True)
class _Phase:
    sweep: Sweep
    executor: Executor
    jobs: int
    progress: Progress
    measure: bool = True
    threads: int | None = None

    def run(self) -> None:
        """Each point that is not done is started, at most three times."""
        waiting = [(plan, 1) for plan in self.sweep.plans if self._open(plan)]
        running: list[tuple[Plan, int, Any]] = []
        while waiting or running:
            while len(running) < self.jobs and (place := self._next(waiting, running)) is not None:
                plan, count = waiting.pop(place)
                if self._open(plan):  # what it shares with another may have been all that it lacked
                    running.append((plan, count, self.executor.submit(plan, self.measure, self.threads)))
            self._tell()
            time.sleep(_POLL_SECONDS)
            ended = [one for one in running if self.executor.ended(one[2])]
            running = [one for one in running if one not in ended]
            waiting += [(plan, count + 1) for plan, count, _ in ended if self._again(plan, count)]
        self._tell()

    def _next(self, waiting: Sequence[tuple[Plan, int]], running: Sequence[tuple[Plan, int, Any]]) -> int | None:
        """The place of the first that waits and lacks nothing which one that runs will write."""
        coming = {step.output for plan, *_ in running for step in plan.left(measure=False)}
        lacking = [{step.output for step in plan.left(measure=False)} for plan, _ in waiting]
        return next((place for place, outputs in enumerate(lacking) if not outputs & coming), None)

    def _open(self, plan: Plan) -> bool:
        return plan.state == "open" and bool(plan.left(self.measure))

    def _again(self, plan: Plan, count: int) -> bool:
        if self._open(plan) and count == _TRIES:
            plan.fail(f"its process ended {count} times without a word: see {self.sweep.out / 'jobs'}")
        return self._open(plan)

    def _tell(self) -> None:
        states = [plan.state for plan in self.sweep.plans]
        failed = f", {states.count('failed')} failed" if "failed" in states else ""
        self.progress(f"points{failed}", len(states) - states.count("open"), len(states))
