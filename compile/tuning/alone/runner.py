"""Run trials on all boards at once: a board that dies costs none of them, a trial that crashes costs itself."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from ...boards.ask_state import ask_state
from ...boards.connection import Connection
from ...boards.lost import BoardLost
from ...errors import CheckFailed, TilewrightError
from .build_trial import error_of
from .run_trial import time_trial
from .slots import Open, Slots
from .trial import Outcome, Trial

TRIAL_SECONDS = 240  # under an emulator that counts, on a machine that builds as well
_TRIES = 2  # of a trial whose board dies: when the next one dies as well, it is the trial


@dataclass(frozen=True)
class Job:
    """A trial that is being built: `library` is there once `built` gives an empty text."""

    trial: Trial
    library: Path
    built: Future[str]
    tries: int = 0


class Runner:
    """Measures on `slots`, with each of `threads`; a trial may take `seconds`."""

    def __init__(self, slots: Slots, threads: Sequence[int], seconds: float) -> None:
        self._slots, self._opens = slots, list(slots.opens)
        self._threads, self._seconds = tuple(threads), seconds

    def run(self, jobs: Sequence[Job], done: Callable[[Outcome], None]) -> None:
        """Run all jobs; `done` is told each outcome as it comes, one at a time.

        Raises BoardLost when no board is left.
        """
        waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)
        if self._slots.registered is not None:  # others may have come, or have come back
            self._opens = list(self._slots.now())
        state = _Shared(len(jobs), done)
        workers = [threading.Thread(target=self._work, args=(one, waiting, state)) for one in self._opens]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if state.failure is not None:
            raise state.failure
        if state.left:
            raise BoardLost(f"no board is left, {state.left} trials are not measured: the same command goes on here")

    def _work(self, open_session: Open, waiting: queue.SimpleQueue[Job], state: _Shared) -> None:
        while state.left and state.failure is None:
            try:
                job = waiting.get(timeout=0.2)
            except queue.Empty:  # the others may bring one back
                continue
            try:
                state.finish(self._outcome(open_session, job))
            except BoardLost as error:
                retried = replace(job, tries=job.tries + 1)
                if retried.tries < _TRIES:
                    waiting.put(retried)
                else:
                    state.finish(Outcome(job.trial, failed="board", message=str(error)))
                with state.lock:
                    self._opens.remove(open_session)
                return
            except Exception as error:  # told by the thread that waits for all
                state.failure = error
                return

    def _outcome(self, open_session: Open, job: Job) -> Outcome:
        """Raises BoardLost when the board itself is gone."""
        if message := error_of(job.built):
            return Outcome(job.trial, failed="build", message=message)
        with open_session() as connection:
            try:
                layer, one = job.trial.layer, job.trial.candidate
                return Outcome(job.trial, time_trial(connection, job.library, layer, one, self._threads, self._seconds))
            except TilewrightError as error:
                return self._failed(connection, job, error)

    def _failed(self, connection: Connection, job: Job, error: TilewrightError) -> Outcome:
        if not isinstance(error, BoardLost):
            if isinstance(error, CheckFailed):
                return Outcome(job.trial, failed="crash", message=str(error))
            raise error  # a full disk, say
        ask_state(connection.address)  # raises BoardLost when it was not the trial alone that died
        kind = "timeout" if "did not answer" in str(error) else "crash"
        return Outcome(job.trial, failed=kind, message=str(error))


class _Shared:
    """What the threads share."""

    def __init__(self, left: int, done: Callable[[Outcome], None]) -> None:
        self.left, self.failure, self.lock, self._done = left, None, threading.Lock(), done
        self.failure: Exception | None

    def finish(self, outcome: Outcome) -> None:
        with self.lock:
            self._done(outcome)
            self.left -= 1
