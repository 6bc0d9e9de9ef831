"""What a run was worth: each network with the kernels' defaults, with the records before it, and with those of now."""

from __future__ import annotations

import itertools
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..benchmarking.call_times import Calls, fastest_of
from ..building.kernels import describe_kernels
from ..bundle.manifest import KernelRecord
from .choice import RecordedChoice
from .headroom import Headroom, headroom

_TURNS, _LEAST_TURNS = 8, 3
_MOST_SECONDS = 20.0  # of large networks fewer turns, of small ones more: a machine's moods last for seconds


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


class Timer(Protocol):
    """A built network: NetworkTimer, BoardTimer."""

    library: Any

    def profile(self, threads: int) -> Calls:
        """Each call's time where it runs."""
        ...


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
    The builds take turns, so that a machine's moods meet all of them, for as many `seconds`: what is on record is the
    fastest that a layer was in the minutes of a run.  A `modelled` clock has none.  `heard` is told what the calls of
    the three took, and what these are.
    """
    timers: list[Timer] = []
    kernels: list[tuple[KernelRecord, ...]] = []
    for choice in choices:
        built = timer(choice)
        kernels.append(describe_kernels(built.library.function_metadata))
        timers.append(timers[kernels.index(kernels[-1])] if kernels[-1] in kernels[:-1] else built)
    layers = {one.name: one.layer for one in kernels[-1]}
    turns, seconds = (1, 0.0) if modelled else (_TURNS, min(seconds, _MOST_SECONDS))
    verdicts: list[Verdict] = []
    for threads, gflops in peaks.items():
        fastest = _in_turns(timers, threads, turns, seconds)
        heard(list(zip(fastest, kernels, strict=True)), threads)
        verdicts.append(_verdict(network, fastest, choices[-1], layers, threads, gflops))
    return verdicts


def _verdict(
    network: str,
    fastest: Sequence[Calls],
    now: RecordedChoice,
    layers: dict[str, str | None],
    threads: int,
    gflops: float,
) -> Verdict:
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


def _in_turns(timers: Sequence[Timer], threads: int, turns: int, seconds: float) -> list[Calls]:
    """The fastest calls of each in at least so many turns and seconds; of timers that are one and the same once."""
    fastest: dict[int, Calls] = {}
    began = time.monotonic()
    for turn in itertools.count():
        spent = time.monotonic() - began
        if (turn >= turns and spent >= seconds) or (turn >= _LEAST_TURNS and spent > _MOST_SECONDS):
            break
        for key, timer in {id(one): one for one in timers}.items():
            calls = timer.profile(threads)
            fastest[key] = fastest_of([fastest.get(key, calls), calls])
    return [fastest[id(one)] for one in timers]


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
