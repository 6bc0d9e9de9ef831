"""Where engines run: this machine, or a board."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from ..cpu import HostCpu, host_cpu
from .child import Child
from .engines import Job


class EngineProcess(Protocol):
    """A running worker with a loaded engine; see Child."""

    job: Job
    version: str

    def ask(self, command: str, on_done: Callable[[int], None] = ..., **arguments: Any) -> Any:
        """Send one command and wait for its result."""
        ...

    def score(self, on_done: Callable[[int], None], **arguments: Any) -> dict[str, Any]:
        """The score on a part of a data set; see Worker.score."""
        ...


class Place(Protocol):
    """A machine that engines' processes can be started on.

    `cpu` is its processor.  `modelled` names the core whose clock is modelled there, since time itself means nothing
    under an emulator; None where time is measured.
    """

    cpu: HostCpu
    modelled: str | None

    def child(self, job: Job, inputs: Path) -> AbstractContextManager[EngineProcess]:
        """Start an engine's process, which is ended with the context."""
        ...

    def scorer(self, child: EngineProcess, inputs: Path) -> EngineProcess:
        """What a data set is to be run through, for `child`: the same, or a faster one."""
        ...

    def rest(self) -> None:
        """Wait, between two turns, until the machine is as it was."""
        ...

    def conditions(self) -> dict[str, Any]:
        """What was noted of heat and clock while measuring; empty where it is not told."""
        ...


class Here:
    """This machine."""

    modelled: str | None = None

    def __init__(self) -> None:
        self.cpu = host_cpu()

    def child(self, job: Job, inputs: Path) -> Child:
        """See Place."""
        return Child(job, inputs)

    def scorer(self, child: EngineProcess, inputs: Path) -> EngineProcess:
        """See Place."""
        return child

    def rest(self) -> None:
        """See Place.  The turns' own pause is enough."""

    def conditions(self) -> dict[str, Any]:
        """See Place."""
        return {}
