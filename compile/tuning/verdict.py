"""What a run was worth: each network with the kernels' defaults, with the records before it, and with those of now."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...schedules import machines
from ..building.kernels import describe_kernels
from ..importing import ImportedModel
from ..targets import Target
from .choice import RecordedChoice, require_choice
from .headroom import Headroom, headroom
from .network_timer import NetworkTimer
from .record import Record

_TURNS, _LEAST_TURNS, _SECONDS = 8, 3, 20.0  # of large networks fewer


@dataclass(frozen=True)
class Verdict:
    """Milliseconds of all kernels of a run, each at its fastest in turns that the three builds take.

    network    as it was typed: files may share a name
    default    with what each kernel takes without a record
    before     with the records that were there when the run began
    now        with all of them
    predicted  what the records add up to, with the measured time of what has none
    tuned      the share of `now` that a choice on record, or no choice at all, decided
    next       the layers that would pay next
    """

    network: str
    threads: int
    default: float
    before: float
    now: float
    predicted: float
    tuned: float
    next: tuple[Headroom, ...]


def verdict_on(
    network: ImportedModel, target: Target, peaks: Mapping[int, float], logs: Path, before: Sequence[Record]
) -> list[Verdict]:
    """One for each thread count, of which `peaks` has the GFLOP/s that are possible.

    The builds take turns, so that a machine's moods meet all of them.
    """
    now = require_choice(target, logs)
    machine = machines.get(str(target.machine))
    choices = [RecordedChoice((), machine), RecordedChoice(before, machine), now]
    timers = [NetworkTimer(network, target, choice) for choice in choices]
    name = network.source.origin
    return [_verdict(name, timers, now, count, gflops) for count, gflops in peaks.items()]


def _verdict(network: str, timers: Sequence[NetworkTimer], now: RecordedChoice, threads: int, gflops: float) -> Verdict:
    fastest: list[list[tuple[str, float]]] = [[] for _ in timers]
    began = time.monotonic()
    for turn in range(_TURNS):
        if turn >= _LEAST_TURNS and time.monotonic() - began > _SECONDS:
            break
        fastest = [_faster(best, timer.profile(threads)) for best, timer in zip(fastest, timers, strict=True)]
    default, before, whole = (sum(taken for _, taken in calls) for calls in fastest)
    layers = {one.name: one.layer for one in describe_kernels(timers[-1].library.function_metadata)}
    recorded = _recorded(now, layers, threads)
    spent: dict[str, float] = defaultdict(float)
    for name, taken in fastest[-1]:
        spent[name] += taken
    predicted = sum(recorded.get(name, taken) for name, taken in fastest[-1])
    tuned = sum(taken for name, taken in spent.items() if layers.get(name) not in now.untuned)
    most = _headroom(fastest[-1], layers, whole, gflops)
    return Verdict(
        network, threads, default / 1e3, before / 1e3, whole / 1e3, predicted / 1e3, tuned / whole, tuple(most)
    )


def _headroom(
    calls: list[tuple[str, float]], layers: dict[str, str | None], whole: float, gflops: float
) -> list[Headroom]:
    from ...schedules.layers import from_key

    spent, counts = defaultdict[Any, float](float), Counter[Any]()
    for name, taken in calls:
        if key := layers.get(name):
            spent[from_key(key)] += taken
            counts[from_key(key)] += 1
    return headroom(spent, counts, whole, gflops)


def _faster(best: list[tuple[str, float]], calls: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Each call's faster time."""
    if not best:
        return calls
    return [(name, min(one, other)) for (name, one), (_, other) in zip(best, calls, strict=True)]


def _recorded(now: RecordedChoice, layers: dict[str, str | None], threads: int) -> dict[str, float]:
    """Kernel -> the microseconds on record of a call."""
    from ...schedules.layers import from_key

    found = {}
    for name, key in layers.items():
        ranked = now.ranked(from_key(key)) if key else []
        taken = now.microseconds(from_key(str(key)), ranked[0], threads) if ranked else None
        if taken is not None:
            found[name] = taken
    return found
