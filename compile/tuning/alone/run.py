"""What a run of measuring kernels alone works with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...targets import Target
from ..budget import Budget
from ..log import Log
from ..record import Clock
from ..sources import Tuner
from .slots import Slots


@dataclass(frozen=True)
class Alone:
    """What a run needs: `tuner` says which candidates are tried, `log` what is known, `logs` where it is put down.

    `here_gflops` is what this machine can do, where it is what is measured (Watch).
    """

    target: Target
    threads: tuple[int, ...]
    slots: Slots
    logs: Path
    log: Log
    tuner: Tuner
    budget: Budget
    here_gflops: float | None = None

    @property
    def clock(self) -> Clock:
        """Of the boards."""
        return "modelled" if self.slots.state.core is not None else "wall"

    @property
    def peak_gflops(self) -> float | None:
        """Of the modelled core, or of this machine; None for other boards."""
        from ....schedules import machines
        from ...boards.cost.cores import core

        if self.slots.state.core is None:
            return self.here_gflops
        return machines.get(str(self.target.machine)).flops_per_cycle * core(self.slots.state.core).clock_hz / 1e9
