"""Where points run: processes here, or a Slurm cluster's jobs; both through submitit."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ..errors import TilewrightError, last_line
from .end_with import end_with
from .run_point import run_point
from .steps import Plan

PLACES = ("local", "slurm")
_QUEUE_SECONDS = 2.0
_GPUS = "CUDA_VISIBLE_DEVICES"
_WEEK = 7 * 24 * 60  # minutes: submitit would end a process here after five
_HOURS = 4 * 60  # minutes of a cluster's job, unless said
_TIMES = 50  # that a job may reach its limit of time: it is queued again, and goes on


class Executor(Protocol):
    """Starts points, and knows which have ended, however they did."""

    def submit(self, plan: Plan, measure: bool, threads: int | None) -> Any:
        """Start `run_point` with these arguments -> a job."""
        ...

    def ended(self, job: Any) -> bool:
        """Whether the job's process is gone."""
        ...


def executor_for(place: str, jobs: Path, slurm: Mapping[str, Any]) -> Executor:
    """`jobs` is the folder for their logs.  Raises TilewrightError where submitit, or Slurm, is not here."""
    try:
        import submitit  # noqa: F401
    except ModuleNotFoundError:
        raise TilewrightError("sweeps run through submitit: pip install 'tilewright[sweep]'") from None
    if place == "local":
        return _Local(jobs)
    if shutil.which("sbatch") is None:
        raise TilewrightError("--on slurm: there is no sbatch here; log in to the cluster, or leave --on out")
    return _Slurm(jobs, slurm)


class _Local:
    def __init__(self, jobs: Path) -> None:
        from submitit import LocalExecutor

        self._executor = LocalExecutor(jobs)
        self._executor.update_parameters(timeout_min=_WEEK)

    def submit(self, plan: Plan, measure: bool, threads: int | None) -> Any:
        """See Executor.  Control-C is for the sweep, and its points end with it: at their own they would fail."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # which the processes inherit
        try:
            return self._executor.submit(_run_within, os.getpid(), os.environ.get(_GPUS), plan, measure, threads)
        finally:
            signal.signal(signal.SIGINT, before)

    def ended(self, job: Any) -> bool:
        """See Executor."""
        return job.done()


def _run_within(sweep: int, gpus: str | None, plan: Plan, measure: bool, threads: int | None) -> None:
    """submitit's processes would go on after the sweep, start again when told to end, and see no GPU."""
    end_with(sweep)
    os.environ.pop(_GPUS, None)
    if gpus is not None:
        os.environ[_GPUS] = gpus
    run_point(plan, measure, threads)


def _slurm_executor(jobs: Path, parameters: Mapping[str, Any]) -> Any:
    from submitit import SlurmExecutor

    executor = SlurmExecutor(jobs, max_num_timeout=_TIMES)
    try:
        executor.update_parameters(**parameters)
    except (ValueError, TypeError) as error:
        raise TilewrightError(f"[slurm]: {error}") from None
    return executor


def _resumable() -> Any:
    """`run_point` as submitit wants what it may queue again."""
    from submitit.helpers import Checkpointable

    class Resumable(Checkpointable):
        def __call__(self, plan: Plan, measure: bool, threads: int | None) -> None:
            run_point(plan, measure, threads)

    return Resumable()


class _Slurm:
    def __init__(self, jobs: Path, slurm: Mapping[str, Any]) -> None:
        self._preparing = _slurm_executor(jobs, {"time": _HOURS, **slurm})
        self._measuring = _slurm_executor(jobs, {"time": _HOURS, "exclusive": True, **slurm})
        self._jobs: set[str] = set()
        self._asked: float | None = None

    def submit(self, plan: Plan, measure: bool, threads: int | None) -> Any:
        """See Executor; the job's number is kept beside the point, for who comes after a kill."""
        from submitit.core.utils import FailedJobError

        before = plan.folder / "job"
        if before.exists() and not self.ended(before.read_text()):
            return before.read_text()
        try:
            executor = self._measuring if measure else self._preparing
            job = executor.submit(_resumable(), plan, measure, threads)
        except FailedJobError as error:
            raise TilewrightError(f"sbatch: {error}") from None
        plan.folder.mkdir(parents=True, exist_ok=True)
        before.write_text(str(job.job_id))
        self._asked = None  # the queue has one more
        return str(job.job_id)

    def ended(self, job: Any) -> bool:
        """See Executor; by the queue, since a cluster without accounting knows nothing of jobs that have left it."""
        return job not in self._queue()

    def _queue(self) -> set[str]:
        """The user's jobs that wait or run, as of two seconds ago at most."""
        if self._asked is None or time.monotonic() - self._asked > _QUEUE_SECONDS:
            command = ["squeue", "--me", "--noheader", "--format=%A"]
            found = subprocess.run(command, capture_output=True, text=True, check=False)
            if found.returncode:
                raise TilewrightError(f"squeue: {last_line(found.stderr)}; the same command goes on later")
            self._jobs, self._asked = set(found.stdout.split()), time.monotonic()
        return self._jobs
