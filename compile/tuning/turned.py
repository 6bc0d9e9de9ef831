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
        default = _times(self._default)
        found: list[Beaten] = []
        for (layer, name), (one, times) in _times(self._now).items():
            theirs = [other for (of, its), (_, other) in default.items() if of == layer and its != name]
            ratios = [times[count] / other[count] for other in theirs for count in times.keys() & other.keys()]
            if ratios and geometric_mean(ratios) > _CLEARLY:
                at = (one.layer, one.target, one.tvm, one.kernel, one.config)
                found.append(Beaten(*at, self._cpu, self._network))
        return found


def _times(records: Sequence[Record]) -> dict[tuple[str, str], tuple[Record, dict[int, float]]]:
    """(layer, candidate) -> an example, and its microseconds by thread count."""
    times: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    examples: dict[tuple[str, str], Record] = {}
    for one in records:
        key = (one.layer, one.candidate)
        examples[key] = one
        times[key][one.threads] = one.microseconds
    return {key: (examples[key], its) for key, its in times.items()}
