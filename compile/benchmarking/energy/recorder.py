"""The energy of an engine's timed blocks, in the process that runs it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sized
from contextlib import contextmanager

from .meter import RunEnergy, find_meter, idle_watts, joules_per_run


class EnergyRecorder:
    """Adds up joules, seconds and runs over all blocks.

    A meter sees the whole machine or processor.  The engines take turns, so a block's energy is that of the engine
    whose turn it is, once the idle power, which all of them wait in, is taken off.
    """

    def __init__(self, meter: str, idle_seconds: float) -> None:
        """Find the meter and measure the idle power for so long.  Raises what `find_meter` raises."""
        found = find_meter(meter)
        self._meter, self._reasons = found.meter, found.reasons
        self._idle_watts = idle_watts(found.meter, idle_seconds) if found.meter else 0.0
        self._joules = self._seconds = 0.0
        self._runs = 0

    @contextmanager
    def block(self, runs: Sized) -> Iterator[None]:
        """Measure what is done inside; `runs` has an entry for each run by then."""
        if self._meter is None:
            yield
            return
        begin, before = time.monotonic(), len(runs)
        self._meter.start()
        yield
        seconds = time.monotonic() - begin  # a meter may have to wait before it can tell
        self._joules += self._meter.stop()
        self._seconds += seconds
        self._runs += len(runs) - before

    def of_a_run(self) -> RunEnergy:
        """Over all blocks so far; no joules, and the reasons, where there is no meter."""
        if self._meter is None:
            return RunEnergy(None, "; ".join(self._reasons))
        per_run = joules_per_run(self._joules, self._idle_watts, self._seconds, self._runs)
        idle = f"{self._meter.name}, {self._idle_watts:.2f} W of the idle machine taken off"
        return RunEnergy(per_run.joules, f"{idle}; {per_run.note}" if per_run.note else idle)
