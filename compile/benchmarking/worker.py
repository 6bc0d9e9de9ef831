"""The process that runs one engine: it does what it is told on standard input, one JSON object a line.

Its first line is the Job; it answers each line with one of its own, and long work tells how far it is in lines before
that.  It ends when its input ends.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from ..errors import TilewrightError
from ..parent import end_with_parent
from . import engines
from .metrics.latency import time_block
from .metrics.memory import peak_rss_bytes
from .score_with import read_arrays, score_with

_COUNTED_AFTER = 2  # runs: caches are then as they stay


class Worker:
    """One loaded engine and the commands on it; each returns what goes into the answer."""

    def __init__(self, tell: Callable[[dict[str, Any]], None], job: dict[str, Any], inputs: str) -> None:
        self._tell = tell
        self._inputs = read_arrays(Path(inputs))
        self._engine = engines.create(engines.Job(**job))
        self._engine.bind(self._inputs)
        self._energy: Any = None

    def version(self) -> str:
        """The engine's own version."""
        return self._engine.version

    def run(self, outputs: str) -> None:
        """Run once and save the outputs, so that they can be compared."""
        np.savez(Path(outputs), **self._engine.run(self._inputs))  # pyright: ignore[reportArgumentType]

    def infer(self, inputs: str, outputs: str) -> None:
        """Run on other inputs and save the outputs."""
        np.savez(Path(outputs), **self._engine.run(read_arrays(Path(inputs))))  # pyright: ignore[reportArgumentType]

    def block(self, kind: str, seconds: float, least_runs: int, most_seconds: float = math.inf) -> list[float]:
        """Time runs: "bound" between bound tensors, "numpy" from arrays to arrays."""
        if kind == "numpy" or self._energy is None:
            return time_block(self._call(kind), seconds, least_runs, most_seconds)
        return time_block(self._call(kind), seconds, least_runs, most_seconds, around=self._energy.block)

    def evaluate(self, seconds: float, least_runs: int, most_seconds: float = math.inf) -> list[float]:
        """`block` between bound tensors by TVM's time_evaluator, for an engine that has it."""
        (estimate,) = self._engine.evaluate(1)  # type: ignore[attr-defined]
        runs = max(least_runs, math.ceil(1e3 * seconds / estimate))
        if 1e3 * most_seconds < runs * estimate:
            runs = max(1, int(1e3 * most_seconds / estimate))
        times: list[float] = []
        with nullcontext() if self._energy is None else self._energy.block(times):
            times += self._engine.evaluate(runs)  # type: ignore[attr-defined]
        return times

    def count(self, kind: str) -> dict[str, Any]:
        """What one run does, under an emulator that counts; see boards.cost."""
        from ..boards.cost.counter import count
        from ..boards.cost.counts import to_json

        return to_json(count(self._call(kind), _COUNTED_AFTER))

    def _call(self, kind: str) -> Callable[[], object]:
        return self._engine.execute if kind == "bound" else lambda: self._engine.run(self._inputs)

    def energy_idle(self, meter: str, seconds: float) -> None:
        """Find the meter and measure the idle power; from here on the blocks of bound tensors are measured too."""
        from .energy.recorder import EnergyRecorder  # nobody else's memory need have it

        self._energy = EnergyRecorder(meter, seconds)

    def energy(self) -> dict[str, Any]:
        """The RunEnergy of the blocks so far."""
        assert self._energy is not None, "energy_idle comes first"
        return asdict(self._energy.of_a_run())

    def memory(self) -> int:
        """Peak resident bytes so far."""
        return peak_rss_bytes()

    def score(self, **arguments: Any) -> dict[str, Any]:
        """The score on a part of a data set, telling how many pictures are done; see score_with for the arguments."""
        return score_with(self._engine.run, self._inputs, self._tell_now_and_then(), **arguments)

    def _tell_now_and_then(self, seconds: float = 0.5) -> Callable[[int], None]:
        last = time.monotonic()

        def tell(done: int) -> None:
            nonlocal last
            if time.monotonic() - last > seconds:
                last = time.monotonic()
                self._tell({"done": done})

        return tell


def main() -> None:
    """Serve standard input until it ends."""
    end_with_parent()
    # What libraries print must not get between the answers: they write to standard error from here on.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker: Worker | None = None
    for line in sys.stdin:
        command = json.loads(line)
        name = command.pop("do")
        try:
            if name == "load":
                worker = Worker(lambda answer: _reply(replies, answer), **command)
            result = getattr(worker, "version" if name == "load" else name)(**({} if name == "load" else command))
        except TilewrightError as error:
            _reply(replies, {"error": str(error), "exit_code": error.exit_code})
            return
        _reply(replies, {"result": result})


def _reply(replies: TextIO, answer: dict[str, Any]) -> None:
    replies.write(json.dumps(answer) + "\n")
    replies.flush()


if __name__ == "__main__":
    main()
