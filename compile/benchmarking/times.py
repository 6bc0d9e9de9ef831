"""How long runs take: measured in turns, or, where time means nothing, modelled from what an emulator counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..boards.cost.clock import modelled_cycles, modelled_seconds
from ..boards.cost.core_model import Core
from ..boards.cost.cores import core
from ..boards.cost.counts import Counts, from_json, to_json
from .measurement import Latency
from .place import EngineProcess, Place
from .protocol import Protocol, take_turns


@dataclass(frozen=True)
class Times:
    """One engine's latency between bound tensors, and from arrays to arrays; the peak memory of its process.

    Where the clock is modelled, `modelled` holds the core, the cycles and the counts of a run between bound tensors,
    and the memory, which would be the emulator's, is None.  `energy` is a RunEnergy as plain values; None where nobody
    asked for it.
    """

    bound: Latency
    numpy: Latency
    peak_rss_bytes: int | None
    modelled: dict[str, Any] | None = None
    energy: dict[str, Any] | None = None


def observe_times(children: Sequence[EngineProcess], protocol: Protocol, place: Place) -> list[Times]:
    """Of each child, on `place`."""
    if place.modelled is not None:
        return [_counted(child, core(place.modelled)) for child in children]
    taken = take_turns(children, protocol, place)
    return [
        Times(
            Latency.of(one["bound"]),
            Latency.of(one["numpy"]),
            child.ask("memory"),
            energy=child.ask("energy") if protocol.energy else None,
        )
        for child, one in zip(children, taken, strict=True)
    ]


def _counted(child: EngineProcess, core: Core) -> Times:
    bound, numpy = (from_json(child.ask("count", kind=kind)) for kind in ("bound", "numpy"))
    modelled = {"core": core.name, "cycles": modelled_cycles(bound, core), "counts": to_json(bound)}
    return Times(_latency(bound, core), _latency(numpy, core), None, modelled)


def _latency(counts: Counts, core: Core) -> Latency:
    """The same each time, so that all percentiles are one value."""
    milliseconds = 1e3 * modelled_seconds(counts, core)
    return Latency(milliseconds, milliseconds, milliseconds)
