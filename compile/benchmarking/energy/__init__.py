"""Energy: one reader of a meter a file.  Standard library and NumPy only, since they run on a board as well."""

from __future__ import annotations

from .meter import CHOICES, FoundMeter, Meter, RunEnergy, find_meter, idle_watts, joules_per_run, require_meter_name

__all__ = [
    "CHOICES",
    "FoundMeter",
    "Meter",
    "RunEnergy",
    "find_meter",
    "idle_watts",
    "joules_per_run",
    "require_meter_name",
]
