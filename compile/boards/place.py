"""A board as a place to measure on."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..benchmarking.engines import Job
from ..benchmarking.place import EngineProcess
from ..progress import Progress, silent
from .connection import Connection
from .remote_child import RemoteChild

_WARMER_CELSIUS = 5.0  # above what it began with: cool enough to go on
_HOT_CELSIUS = 60.0  # below this nothing is waited for: no Raspberry Pi throttles there (from 80 on)
_COOL_SECONDS = 120.0
_LOOK_SECONDS = 2.0


class BoardPlace:
    """A Place (benchmarking/place.py) on the board of `connection`.

    `scoring` connects to another board of the same kind, to run data sets on: an emulator that does not count is
    faster.
    """

    def __init__(
        self,
        connection: Connection,
        scoring: Callable[[ExitStack], Connection] | None = None,
        progress: Progress = silent,
    ) -> None:
        self._connection, self._progress = connection, progress
        self._connect_scoring = scoring
        self._scoring: Connection | None = None
        self._scorers = ExitStack()
        self.cpu = connection.cpu
        self.modelled = connection.state.core
        self._began_celsius = connection.state.told["temperature_celsius"]
        self._noted: list[dict[str, Any]] = []

    def child(self, job: Job, inputs: Path) -> RemoteChild:
        """See Place."""
        return RemoteChild(self._connection, job, inputs, self._progress)

    def scorer(self, child: EngineProcess, inputs: Path) -> EngineProcess:
        """See Place."""
        if self._connect_scoring is None:
            return child
        self._scoring = self._scoring or self._connect_scoring(self._scorers)
        return self._scorers.enter_context(RemoteChild(self._scoring, child.job, inputs, self._progress))

    def rest(self) -> None:
        """See Place: until the board is as cool as it began, or for two minutes; notes temperature and clock."""
        began = time.monotonic()
        while True:
            told = self._connection.refresh().told
            heat = told["temperature_celsius"]
            limit = max(_HOT_CELSIUS, (self._began_celsius or 0) + _WARMER_CELSIUS)
            if heat is None or heat <= limit or time.monotonic() - began > _COOL_SECONDS:
                break
            self._progress(f"cooling down, {heat:.0f} degrees C")
            time.sleep(_LOOK_SECONDS)
        self._noted.append({name: told[name] for name in ("temperature_celsius", "clock_mhz", "throttled")})

    def conditions(self) -> dict[str, Any]:
        """See Place."""
        return {"board": str(self._connection.address), "system": self._connection.state.told["system"]} | (
            {"noted": list(self._noted)} if self._noted else {}
        )

    def close(self) -> None:
        """End what runs data sets."""
        self._scorers.close()
