"""How the candidates of a layer stand by its records, though not all had the same CPU and thread counts."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log
from statistics import geometric_mean
from typing import TYPE_CHECKING

from .record import Record

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate

# Of 33 and 128 layers (x86-vnni by a Zen 4, x86-avx2 by a Zen 3) 11 and 19 were slower by 3 % on a Zen 5 with the
# winner than with the default; 2 and 6 of those that had won by so much.
CLEAR = 1.15

Times = dict[tuple[str, int], float]  # (CPU or, where all count as one, "", thread count) -> microseconds


@dataclass(frozen=True)
class Standing:
    """What the records of one layer that are compared with each other say; all by the candidate's name.

    candidates  that can be compared with the best of those measured in the most ways, the fastest first
    means       their microseconds, the geometric mean over these ways: CPUs and thread counts
    reference   that best one
    times       on record, of these and of all others
    kind        of the records: whether all are this CPU's, by a real clock, in a network; None without any
    """

    candidates: dict[str, Candidate] = field(default_factory=dict)
    means: dict[str, float] = field(default_factory=dict)
    reference: str | None = None
    times: dict[str, Times] = field(default_factory=dict)
    kind: tuple[bool, bool, bool] | None = None

    def behind(self, one: Candidate) -> float | None:
        """How many times as long as the fastest it takes; None where it is not on record."""
        its = self.means.get(one.name)
        return None if its is None else its / min(self.means.values())


def standing(records: Iterable[Record], cpu: str, network: str = "") -> Standing:
    """By those `records` of one layer that are worth most to a machine with this `cpu`.

    Its own say alone who is faster where there are some of two candidates.  Where it has none, two candidates are
    compared on each CPU that measured both; where it has some of one alone, by their times as they stand.
    A candidate that this version lacks is passed over.

    Of its own, those taken in `network` say it alone where this was given the winner of all networks and another one:
    which candidate's weights are still in a cache is a matter of the other layers.
    """
    known = _known(records)
    own = [(one, record) for one, record in known if record.cpu == cpu]
    if len({one.name for one, _ in own}) > 1:
        known = own
    found = _standing(known, cpu, bool(own))
    if found.kind == (True, True, True):
        there = [(one, record) for one, record in known if record.model == network and record.place == "network"]
        names = {one.name for one, _ in there}
        if len(names) > 1 and names & {*itertools.islice(found.candidates, 1)}:
            return _standing(there, cpu, as_one=True)
    return found


def fused_is_faster(three: Sequence[Standing]) -> bool | None:
    """Whether the first's winner takes less than the two others' together; None where these cannot be compared.

    They are, on the CPUs and thread counts that all have, if one kind of records ranks all three.
    """
    its = [one.times[name] for one in three for name in list(one.candidates)[:1]]
    ways = set.intersection(*map(set, its)) if len(its) == len(three) else set()
    if not ways or len({one.kind for one in three}) > 1:
        return None
    fused, *apart = [geometric_mean(times[way] for way in sorted(ways)) for times in its]
    return fused < sum(apart)


def _standing(known: Sequence[tuple[Candidate, Record]], cpu: str, as_one: bool) -> Standing:
    """By the records of the best kind; all CPUs count `as_one`, or each by itself."""
    if not known:
        return Standing()
    kind = max(_kind(record) for _, record in known)
    examples: dict[str, Candidate] = {}
    times: dict[str, Times] = defaultdict(dict)
    for one, record in known:
        if _kind(record) == kind:
            examples.setdefault(one.name, one)
            its = times[one.name]
            way = ("" if as_one else record.cpu, record.threads)
            its[way] = min(record.microseconds, its.get(way, record.microseconds))
    ordered = {name: dict(sorted(its.items())) for name, its in times.items()}
    reference = _reference(ordered)
    means = _means(ordered, ordered[reference])
    of_this_cpu = all(record.cpu == cpu for _, record in known)
    return Standing({name: examples[name] for name in means}, means, reference, ordered, (of_this_cpu, *kind))


def _kind(record: Record) -> tuple[bool, bool]:
    """The greater is worth more: measured rather than modelled, inside a network rather than alone."""
    return record.clock == "wall", record.place == "network"


def _known(records: Iterable[Record]) -> list[tuple[Candidate, Record]]:
    from ...schedules.kernels import candidate

    made: dict[str, Candidate | None] = {}
    for record in records:
        if (name := record.candidate) not in made:
            try:
                made[name] = candidate(record.kernel, record.config)
            except (KeyError, TypeError):
                made[name] = None
    return [(one, record) for record in records if (one := made[record.candidate]) is not None]


def _means(times: dict[str, Times], best: Times) -> dict[str, float]:
    """Candidate -> microseconds, the fastest first; those measured in none of `best`'s ways are left out."""
    whole = {name: _completed(its, best) for name, its in times.items() if its.keys() & best.keys()}
    return {name: geometric_mean(whole[name].values()) for name in sorted(whole, key=lambda name: _total(whole[name]))}


def _reference(times: dict[str, Times]) -> str:
    """The fastest measured in the most ways; of several such sets that of most candidates, then the fewer threads."""
    sets = Counter(map(tuple, times.values()))
    ways = max(sets, key=lambda ways: (len(ways), sets[ways], [-threads for _, threads in ways]))
    return min((name for name, its in times.items() if tuple(its) == ways), key=lambda name: _total(times[name]))


def _completed(its: Times, best: Times) -> Times:
    """In all of `best`'s ways: where it was not measured, as far from it as where both were."""
    ratio = geometric_mean(its[way] / best[way] for way in best if way in its)
    return {way: its.get(way, best[way] * ratio) for way in best}


def _total(its: Times) -> float:
    return sum(map(log, its.values()))
