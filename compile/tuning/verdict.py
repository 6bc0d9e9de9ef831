"""What a run was worth: each network with the kernels' defaults, with the records before it, and with those of now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..benchmarking.call_times import Calls
from ..bundle.manifest import KernelRecord
from .choice import RecordedChoice
from .headroom import Headroom, headroom
from .in_turns import InTurns, Timer

_TURNS = 8


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
    beaten     how many layers take their default again, which was faster in these turns; once for all thread counts
    """

    network: str
    threads: int
    default: float
    before: float
    now: float
    predicted: float
    tuned: float
    next: tuple[Headroom, ...]
    beaten: int = 0


Heard = Callable[[Sequence[tuple[Calls, Sequence[KernelRecord]]], int], None]


def verdict_on(
    network: str,
    timer: Callable[[RecordedChoice], Timer],
    peaks: Mapping[int, float],
    choices: tuple[RecordedChoice, RecordedChoice, RecordedChoice],
    modelled: bool = False,
    seconds: float = 0.0,
    heard: Heard = lambda builds, threads: None,
) -> list[Verdict]:
    """One for each thread count, of which `peaks` has the GFLOP/s that are possible.

    `timer` builds the network with each of the `choices`: without records, with those from before, with those of now.
    The builds take turns, for as many `seconds`: what is on record is the fastest that a layer was in the minutes of a
    run.  A `modelled` clock has no moods.  `heard` is told what the calls of the three took, and what these are.
    """
    builds, turns = InTurns(timer, choices), 1 if modelled else _TURNS
    verdicts: list[Verdict] = []
    for threads, gflops in peaks.items():
        builds.take(threads, turns, seconds)
        fastest = builds.fastest(threads)
        heard(list(zip(fastest, builds.kernels, strict=True)), threads)
        verdicts.append(verdict(network, fastest, builds.kernels[-1], choices[-1], threads, gflops))
    return verdicts


def verdict(
    network: str,
    fastest: Sequence[Calls],
    kernels: Sequence[KernelRecord],
    now: RecordedChoice,
    threads: int,
    gflops: float,
) -> Verdict:
    """By the `fastest` calls of three builds, of which the last is by `now` and made of `kernels`."""
    layers = {one.name: one.layer for one in kernels}
    default, before, whole = (sum(taken for _, taken in calls) for calls in fastest)
    recorded = _recorded(now, layers, threads)
    spent: dict[str, float] = defaultdict(float)
    for name, taken in fastest[-1]:
        spent[name] += taken
    predicted = sum(recorded.get(name, taken) for name, taken in fastest[-1])
    untuned = sum(taken for name, taken in spent.items() if layers.get(name) in now.untuned)
    most = _headroom(fastest[-1], layers, whole, gflops)
    return Verdict(
        network, threads, default / 1e3, before / 1e3, whole / 1e3, predicted / 1e3, 1 - untuned / whole, tuple(most)
    )


def _headroom(calls: Calls, layers: dict[str, str | None], whole: float, gflops: float) -> list[Headroom]:
    from ...schedules.layers import from_key

    spent, counts = defaultdict[Any, float](float), Counter[Any]()
    for name, taken in calls:
        if key := layers.get(name):
            spent[from_key(key)] += taken
            counts[from_key(key)] += 1
    return headroom(spent, counts, whole, gflops)


def _recorded(now: RecordedChoice, layers: dict[str, str | None], threads: int) -> dict[str, float]:
    """Kernel -> the microseconds on record of a call."""
    from ...schedules.layers import from_key

    found = {}
    for name, key in layers.items():
        chosen = now(from_key(key)) if key else None
        taken = now.microseconds(from_key(str(key)), chosen, threads) if chosen else None
        if taken is not None:
            found[name] = taken
    return found
