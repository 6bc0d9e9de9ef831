"""What the turns at the end of a run say of single layers: the builds of a network with and without records took them.

A record wins by a quiet moment where its rivals had none; in the same turns they all had the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from statistics import geometric_mean

from ..benchmarking.call_times import Calls
from ..bundle.manifest import KernelRecord
from ..targets import Target
from .log import Log
from .marks import Beaten
from .network_timer import records_of_calls
from .record import Record

_CLEARLY = 1.03  # times as long


class Turned:
    """The times of each layer of `network` with the kernels' defaults, and with the records of now; call it with them.

    `cpu` is the processor's name.
    """

    def __init__(self, network: str, target: Target, cpu: str) -> None:
        self._network, self._target, self._cpu = network, target, cpu
        self._default: list[Record] = []
        self._now: list[Record] = []

    def __call__(self, builds: Sequence[tuple[Calls, Sequence[KernelRecord]]], threads: int) -> None:
        """Of one thread count: the calls and kernels of the build with the defaults, of one before, of that of now."""
        default, _, now = (records_of_calls(*one, self._network, self._target, threads) for one in builds)
        self._default += default
        self._now += now

    def unknown_to(self, log: Log, measured: Collection[str] = ()) -> list[Record]:
        """The times that `log` has of other networks alone, or not at all, of layers that have been tuned.

        Of those `measured` in this run also what was clearly faster than on record: nothing is truer of a layer than
        what it takes in the build.  But none where the default was the faster, which is for `beaten` to say.
        """
        tuned, known = {one.layer for one in log.records}, dict[tuple[str, str, int], float]()
        for one in log.taken_in(self._network):
            known[_key(one)] = min(one.microseconds, known.get(_key(one), one.microseconds))
        taken = {_key(one): one for one in (*self._default, *self._now) if one.layer in tuned}
        faster = {one.layer for key, one in taken.items() if one.microseconds * _CLEARLY < known.get(key, 0.0)}
        faster &= {*measured} - {one.layer for one in self._slower(1.0)}
        return [one for key, one in taken.items() if key not in known or one.layer in faster]

    def beaten(self) -> list[Beaten]:
        """The candidates of now that took clearly longer than the default, over all thread counts."""
        places = [(one.layer, one.target, one.tvm, one.kernel, one.config) for one in self._slower(_CLEARLY)]
        return [Beaten(*at, self._cpu, self._network) for at in places]

    def _slower(self, than: float) -> list[Record]:
        """A time of each candidate of now that took more than so many times as long as the default."""
        default = {(one.layer, one.threads): one for one in self._default}
        rivals: dict[str, list[tuple[Record, float]]] = defaultdict(list)  # a build has one candidate of a layer
        for one in self._now:
            other = default.get((one.layer, one.threads))
            if other and other.candidate != one.candidate and min(one.microseconds, other.microseconds) > 0:
                rivals[one.layer].append((one, one.microseconds / other.microseconds))
        return [its[0][0] for its in rivals.values() if geometric_mean(ratio for _, ratio in its) > than]


def _key(one: Record) -> tuple[str, str, int]:
    return one.layer, one.candidate, one.threads
