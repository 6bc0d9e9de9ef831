"""The process that runs one engine: it does what it is told on standard input, one JSON object a line.

Its first line is the Job; it answers each line with one of its own.  It ends when its input ends.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from ..errors import TilewrightError
from ..processing import Postprocess, Preprocess
from . import engines
from .metrics.accuracy import answers, count_correct
from .metrics.latency import time_block
from .metrics.memory import peak_rss_bytes


class Worker:
    """One loaded engine and the commands on it; each returns what goes into the answer."""

    def __init__(self, job: dict[str, Any], inputs: str) -> None:
        with np.load(inputs, allow_pickle=False) as file:
            self._inputs = {name: file[name] for name in file.files}
        self._engine = engines.create(engines.Job(**job))
        self._engine.bind(self._inputs)

    def version(self) -> str:
        """The engine's own version."""
        return self._engine.version

    def run(self, outputs: str) -> None:
        """Run once and save the outputs, so that they can be compared."""
        np.savez(Path(outputs), **self._engine.run(self._inputs))  # pyright: ignore[reportArgumentType]

    def block(self, kind: str, seconds: float, least_runs: int) -> list[float]:
        """Time runs: "bound" between bound tensors, "numpy" from arrays to arrays."""
        call: Callable[[], object] = self._engine.execute
        if kind == "numpy":
            call = lambda: self._engine.run(self._inputs)  # noqa: E731
        return time_block(call, seconds, least_runs)

    def memory(self) -> int:
        """Peak resident bytes so far."""
        return peak_rss_bytes()

    def correct(self, data: str, part: str, preprocess: dict[str, Any], postprocess: dict[str, Any]) -> int:
        """How many answers on a part of a data set are right."""
        from ...models.data import load

        (name, example), *_ = self._inputs.items()

        def scores(tensor: np.ndarray) -> np.ndarray:
            return next(iter(self._engine.run({name: tensor}).values()))

        before, after = Preprocess.from_json(preprocess), Postprocess.from_json(postprocess)
        return count_correct(answers(scores, load(data, part), before, after, batch=example.shape[0]))


def main() -> None:
    """Serve standard input until it ends."""
    # What libraries print must not get between the answers: they write to standard error from here on.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker: Worker | None = None
    for line in sys.stdin:
        command = json.loads(line)
        name = command.pop("do")
        try:
            if name == "load":
                worker = Worker(**command)
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
