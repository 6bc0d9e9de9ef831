"""Which candidate computes a layer: the fastest on record, or else the one that the kernels put first."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from ...schedules.layers import ExpandedDepthwise, MatrixProduct, to_key
from ...schedules.machines import Machine
from ..building.exact_sums import multiplies_integers
from ..cpu import host_cpu
from ..tvm_stack import compiler
from .marks import Beaten, Finished
from .record import Record, space_of
from .standing import CLEAR, Standing, fused_is_faster, standing

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer

# preferred  to the one that it would take otherwise (`preferring`)
# unknown    nothing is on record: the default, the kernels' first
# doubted    the default: the fastest on record is another CPU's, and not by enough to be taken here
# beaten     the default: the fastest on record was slower in this network, in turns with it
# fastest    on record
Ground = Literal["preferred", "unknown", "doubted", "beaten", "fastest"]


class RecordedChoice:
    """Call it with a layer.  `untuned` are the keys of the layers that no record decided.

    A layer goes by this machine's own records, those of its `cpu` (None: ask Linux), where two candidates have some;
    by those taken in the network that it is for (`in_network`) where the winner of all is among two of them.
    A board's never are: its CPU has another name.  What other CPUs of a family of several designs measured decides
    where it was clear: a build with their records is not to be slower than one without.  Of layers in `finished` all
    candidates were measured, though a few are kept.  Where the fastest is `beaten` the default is taken.
    """

    def __init__(
        self,
        records: Iterable[Record],
        machine: Machine,
        cpu: str | None = None,
        finished: Iterable[Finished] = (),
        beaten: Iterable[Beaten] = (),
    ) -> None:
        compiler()  # sets TVM up before the kernels import it
        self._cpu = host_cpu().model if cpu is None else cpu
        self.machine, self._dot = machine, machine.dot
        self.untuned: set[str] = set()
        self._preferred: dict[Layer, Candidate] = {}
        self._network = ""
        self._records: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            self._records[record.layer].append(record)
        self._standings: dict[str, Standing] = {}
        self._finished = {(one.layer, one.space) for one in finished}
        its = (one for one in beaten if machine.one_design or one.beaten == self._cpu)
        self._beaten = {(one.layer, one.candidate, one.network) for one in its}

    def __call__(self, layer: Layer) -> Candidate | None:
        """The candidate for `layer`; None where no kernel does it, or two kernels do its two halves faster."""
        from ...schedules.kernels import candidates, default

        if isinstance(layer, ExpandedDepthwise) and not (layer in self._preferred or self._worth_fusing(layer)):
            return None
        if not self.ranked(layer) and len(list(itertools.islice(candidates(layer, self.machine), 2))) > 1:
            self.untuned.add(to_key(layer))  # of a single one there is nothing that a record could decide
        ground = self.ground(layer)
        if ground == "preferred":
            return self._preferred[layer]
        return self.ranked(layer)[0] if ground == "fastest" else default(layer, self.machine)

    def ground(self, layer: Layer) -> Ground:
        """Why it takes what it takes of `layer`'s candidates."""
        if layer in self._preferred:
            return "preferred"
        if not (ranked := self.ranked(layer)):
            return "unknown"
        if self._doubted(layer):
            return "doubted"
        keys = {to_key(layer), to_key(self._on_record(layer))}
        return "beaten" if any((key, ranked[0].name, self._network) in self._beaten for key in keys) else "fastest"

    def _doubted(self, layer: Layer) -> bool:
        from ...schedules.kernels import default

        found = self._standing(self._on_record(layer))
        if self.machine.one_design or (found.kind is not None and found.kind[0]):
            return False
        if (first := default(layer, self.machine)) is None:
            return False
        behind = found.behind(first)
        return not self._is_whole(self._on_record(layer)) if behind is None else behind < CLEAR

    def _is_whole(self, layer: Layer) -> bool:
        """Whether all of today's candidates were measured, so that those not on record were none of the fastest."""
        from ...schedules.kernels import candidates

        return (to_key(layer), space_of(candidates(layer, self.machine))) in self._finished

    def preferring(self, preferred: Mapping[Layer, Candidate]) -> RecordedChoice:
        """The same choice, but for the layers in `preferred`."""
        other = copy(self)
        other.untuned = set()
        other._preferred = {**self._preferred, **preferred}
        return other

    def in_network(self, name: str) -> RecordedChoice:
        """The same choice for the layers of this network: the name with which its measurements were put down."""
        other = self.preferring({})
        other._network, other._standings = name, {}
        return other

    def multiplying_by(self, machine: Machine) -> RecordedChoice:
        """The same choice on `machine`, whose dot product of integers may be another than that on record."""
        other = self.preferring({})
        other.machine, other._standings = machine, {}
        return other

    def on_record(self, layer: Layer) -> bool:
        """Whether records are of the kernels that `layer` has: those of integers are made of another dot product."""
        return self.machine.dot == self._dot or not multiplies_integers(layer)

    def _worth_fusing(self, layer: ExpandedDepthwise) -> bool:
        """By the records of all three layers, where they can be compared; else where the tensor in between is large."""
        three = (layer, layer.expansion, layer.depthwise)
        ranked_as = [self._on_record(one) for one in three]
        own_batch = [one == its_own for one, its_own in zip(ranked_as, three, strict=True)]
        faster = fused_is_faster([self._standing(one) for one in ranked_as]) if len({*own_batch}) == 1 else None
        return layer.expansion.out_bytes > self.machine.l2_bytes if faster is None else faster

    def mean_microseconds(self, layer: Layer, one: Candidate) -> float:
        """Geometric mean of the times of one that is ranked over CPUs and thread counts, in microseconds.

        Where it was not measured, it counts as far from the best one as where both were.
        """
        return self._standing(self._on_record(layer)).means[one.name]

    def ranked(self, layer: Layer) -> list[Candidate]:
        """The candidates on record, the fastest first: by the geometric mean over CPUs and thread counts.

        The best of those with the most of these is what all others are compared with, each on those that it shares
        with it; one that shares none is left out.  A batch without records of its own is ranked as one picture.
        """
        return list(self._standing(self._on_record(layer)).candidates.values())

    def winners(self, layer: Layer) -> list[Candidate]:
        """The fastest of all networks, and that of each in which this CPU measured the layer."""
        networks = dict.fromkeys(one.model for one in self._records.get(to_key(layer), ()) if one.cpu == self._cpu)
        choices = [self, *(self.in_network(name) for name in networks if len(networks) > 1)]
        return list(dict.fromkeys(one for choice in choices for one in choice.ranked(layer)[:1]))

    def compared_with(self, layer: Layer) -> list[Candidate]:
        """The one with which `ranked` compares all others; empty without records."""
        found = self._standing(self._on_record(layer))
        return [found.candidates[found.reference]] if found.reference is not None else []

    def times(self, layer: Layer, one: Candidate) -> dict[int, float]:
        """The recorded microseconds of a candidate, by thread count; of one picture, where that ranks the batch.

        Where several CPUs have some, the fastest's.
        """
        found: dict[int, float] = {}
        for (_, threads), taken in self._standing(self._on_record(layer)).times.get(one.name, {}).items():
            found[threads] = min(taken, found.get(threads, taken))
        return dict(sorted(found.items()))

    def microseconds(self, layer: Layer, one: Candidate, threads: int) -> float | None:
        """The recorded time of a candidate for this very layer; None without a record."""
        return self.times(layer, one).get(threads) if self._standing(layer).candidates else None

    def _on_record(self, layer: Layer) -> Layer:
        """`layer`, or the same for one picture, which has the same candidates, where only that has records."""
        if isinstance(layer, MatrixProduct) or self._standing(layer).candidates:
            return layer
        return replace(layer, batch=1)

    def _standing(self, layer: Layer) -> Standing:
        key = to_key(layer)
        if key not in self._standings:
            records = self._records.get(key, ()) if self.on_record(layer) else ()
            self._standings[key] = standing(records, self._cpu, self._network)
        return self._standings[key]
