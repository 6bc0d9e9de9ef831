"""Engines' processes on the board, by number: what `benchmarking.child.Child` is on the host."""

from __future__ import annotations

import json
from typing import Any

from ...benchmarking.child import Child
from ...benchmarking.engines import Job
from ...errors import TilewrightError
from .files import Files

_FILES = ("model", "inputs", "outputs")  # arguments that name files in the session's folder


class Workers:
    """Each is one loaded engine."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._children: dict[int, Child] = {}

    def start(self, job: str, inputs: str) -> tuple[int, str]:
        """Load an engine, for a Job as JSON; returns its number and version."""
        child = Child(Job(**self._placed(json.loads(job))), self._files.path(inputs))
        self._children[child.pid] = child
        return child.pid, child.version

    def ask(self, number: int, command: str) -> Any:
        """Pass one command, {"do": ..., ...} as JSON, to an engine.  Raises TilewrightError when there is none."""
        if number not in self._children:
            raise TilewrightError(f"no engine {number} runs in this session")
        arguments = self._placed(json.loads(command))
        return self._children[number].ask(arguments.pop("do"), **arguments)

    def stop(self, number: int) -> None:
        """End an engine's process."""
        self._children.pop(number).close()

    def close(self) -> None:
        """End all."""
        for number in tuple(self._children):
            self.stop(number)

    def _placed(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {key: str(self._files.path(value)) if key in _FILES else value for key, value in fields.items()}
