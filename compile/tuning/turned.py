"""What the turns at the end of a run say of single layers: the builds of a network with and without records took them.

A record wins by a quiet moment where its rivals had none; in the same turns they all had the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import geometric_mean

from ..benchmarking.call_times import Calls
from ..bundle.manifest import KernelRecord
from ..targets import Target
from .log import Log
from .marks import Beaten
from .network_timer import records_of_calls
from .record import Record

_CLEARLY = 1.03  # times the default's


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

    def unknown_to(self, log: Log) -> list[Record]:
        """The times that `log` has of other networks alone, or not at all, of layers that have been tuned."""
        tuned = {one.layer for one in log.records}
        known = {(one.layer, one.candidate, one.threads) for one in log.taken_in(self._network)}
        taken = {(one.layer, one.candidate, one.threads): one for one in (*self._default, *self._now)}
        return [one for key, one in taken.items() if key not in known and one.layer in tuned]

    def beaten(self) -> list[Beaten]:
        """The candidates of now that took clearly longer than the default, over all thread counts."""
        default = {(one.layer, one.threads): one for one in self._default}
        rivals: dict[str, list[tuple[Record, float]]] = defaultdict(list)  # a build has one candidate of a layer
        for one in self._now:
            other = default.get((one.layer, one.threads))
            if other and other.candidate != one.candidate and min(one.microseconds, other.microseconds) > 0:
                rivals[one.layer].append((one, one.microseconds / other.microseconds))
        slower = [its[0][0] for its in rivals.values() if geometric_mean(ratio for _, ratio in its) > _CLEARLY]
        places = [(one.layer, one.target, one.tvm, one.kernel, one.config) for one in slower]
        return [Beaten(*at, self._cpu, self._network) for at in places]
