"""A network built with each of several choices, whose builds take turns: a machine's moods meet all of them."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..benchmarking.call_times import Calls, fastest_of
from ..building.kernels import describe_kernels
from ..bundle.manifest import KernelRecord
from .choice import RecordedChoice

_LEAST_TURNS = 3
_MOST_SECONDS = 20.0  # of large networks fewer turns, of small ones more: a machine's moods last for seconds


class Timer(Protocol):
    """A built network: NetworkTimer, BoardTimer."""

    library: Any

    def profile(self, threads: int) -> Calls:
        """Each call's time where it runs."""
        ...


class InTurns:
    """`timer` builds the network with each of the `choices`; `kernels` has what each build is made of."""

    def __init__(self, timer: Callable[[RecordedChoice], Timer], choices: Sequence[RecordedChoice]) -> None:
        self._timers: list[Timer] = []
        self.kernels: list[tuple[KernelRecord, ...]] = []
        for choice in choices:
            built = timer(choice)
            its = describe_kernels(built.library.function_metadata)
            self._timers.append(self._timers[self.kernels.index(its)] if its in self.kernels else built)
            self.kernels.append(its)
        self._fastest: dict[int, dict[int, Calls]] = defaultdict(dict)

    def take(self, threads: int, turns: int, seconds: float) -> None:
        """At least so many turns and seconds; builds that are one and the same run once."""
        fastest = self._fastest[threads]
        began = time.monotonic()
        for turn in itertools.count():
            spent = time.monotonic() - began
            too_long = turn >= _LEAST_TURNS and spent > _MOST_SECONDS
            if too_long or (turn >= turns and spent >= seconds):
                break
            for key, timer in {id(one): one for one in self._timers}.items():
                calls = timer.profile(threads)
                fastest[key] = fastest_of([fastest.get(key, calls), calls])

    def fastest(self, threads: int) -> list[Calls]:
        """Each build's calls, each at its fastest in all turns that it has taken."""
        return [self._fastest[threads][id(one)] for one in self._timers]
