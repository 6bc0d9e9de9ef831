"""The parent's end of a worker: start it, tell it what to do, and say why when it dies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import CheckFailed, TilewrightError, last_line
from ..tvm_stack import runtime_only_environment
from .engines import Job


class Child:
    """A running worker with a loaded engine; a context manager that ends the process."""

    def __init__(self, job: Job, inputs: Path) -> None:
        """`inputs` is an .npz with the input arrays by name.  Raises TilewrightError when the engine cannot load."""
        self.job = job
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed by close
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tilewright.compile.benchmarking.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=runtime_only_environment(job.threads),
        )
        try:
            self.version: str = self.ask("load", job=asdict(job), inputs=str(inputs))
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Of the worker."""
        return self._process.pid

    def ask(self, command: str, on_done: Callable[[int], None] = lambda done: None, **arguments: Any) -> Any:
        """Send one command and wait for its result; `on_done` hears how far it is.

        Raises the worker's TilewrightError, or CheckFailed if it died.
        """
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # a dead process does not answer either
            self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
            self._process.stdin.flush()
        answer = self._next_answer()
        while "done" in answer:
            on_done(answer["done"])
            answer = self._next_answer()
        if "error" in answer:
            raise (CheckFailed if answer["exit_code"] == 1 else TilewrightError)(answer["error"])
        return answer["result"]

    def score(self, on_done: Callable[[int], None], **arguments: Any) -> dict[str, Any]:
        """See Worker.score."""
        return self.ask("score", on_done, **arguments)

    def _next_answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise CheckFailed(f"the {self.job.engine} process for {self.job.model} died: {self._last_words()}")
        return json.loads(line)

    def _last_words(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        killed = "killed, most likely for want of memory" if code == -signal.SIGKILL else f"exit code {code}"
        return last_line(self._errors.read(), otherwise=killed)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it is gone already
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
