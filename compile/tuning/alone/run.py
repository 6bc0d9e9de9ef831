"""What a run of measuring kernels alone works with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...targets import Target
from ..budget import Budget
from ..log import Log
from ..record import Clock
from ..sources import Tuner
from ..waiting import cpu_that_counts
from .slots import Slots


@dataclass(frozen=True)
class Alone:
    """What a run needs: `tuner` says which candidates are tried, `log` what is known, `logs` where it is put down.

    `here_gflops` is what this machine can do, where it is what is measured and that is known already.  Without
    `transfer` nothing is made of like layers' records, nor of a cost model that was kept.
    """

    target: Target
    threads: tuple[int, ...]
    slots: Slots
    logs: Path
    log: Log
    tuner: Tuner
    budget: Budget
    here_gflops: float | None = None
    transfer: bool = True

    @property
    def cpu(self) -> str | None:
        """Of the boards; see `cpu_that_counts`."""
        return cpu_that_counts(self.target, self.slots.state.cpu.model)

    @property
    def clock(self) -> Clock:
        """Of the boards."""
        return "modelled" if self.slots.state.core is not None else "wall"
