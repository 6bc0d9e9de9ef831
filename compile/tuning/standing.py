"""How the candidates of a layer stand by its records, though not all were measured with the same thread counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log
from statistics import geometric_mean
from typing import TYPE_CHECKING

from .record import Record

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate

Times = dict[int, float]  # thread count -> microseconds


@dataclass(frozen=True)
class Standing:
    """What the records of one layer that are compared with each other say; all by the candidate's name.

    candidates  that can be compared with the best of those with the most thread counts, the fastest first
    means       their microseconds, the geometric mean over these thread counts
    reference   that best one
    times       on record, of these and of all others
    kind        of the records: whether all are this CPU's, by a real clock, in a network; None without any
    """

    candidates: dict[str, Candidate] = field(default_factory=dict)
    means: dict[str, float] = field(default_factory=dict)
    reference: str | None = None
    times: dict[str, Times] = field(default_factory=dict)
    kind: tuple[bool, bool, bool] | None = None


def standing(records: Iterable[Record], cpu: str) -> Standing:
    """By those `records` of one layer that are worth most to a machine with this `cpu`.

    Its own say alone who is faster where there are some of two candidates: another CPU's time for one of them would be
    compared with its own for the other.  A candidate that this version lacks is passed over.
    """
    known = _known(records)
    own = [(one, record) for one, record in known if record.cpu == cpu]
    if len({one.name for one, _ in own}) > 1:
        known = own
    if not known:
        return Standing()
    kind = max(_kind(record) for _, record in known)
    examples: dict[str, Candidate] = {}
    times: dict[str, Times] = defaultdict(dict)
    for one, record in known:
        if _kind(record) == kind:
            examples.setdefault(one.name, one)
            its = times[one.name]
            its[record.threads] = min(record.microseconds, its.get(record.threads, record.microseconds))
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
    """Candidate -> microseconds, the fastest first; those with none of `best`'s thread counts are left out."""
    whole = {name: _completed(its, best) for name, its in times.items() if its.keys() & best.keys()}
    return {name: geometric_mean(whole[name].values()) for name in sorted(whole, key=lambda name: _total(whole[name]))}


def _reference(times: dict[str, Times]) -> str:
    """The fastest with the most thread counts; of several such sets that of most candidates, then the lower counts."""
    sets = Counter(map(tuple, times.values()))
    counts = max(sets, key=lambda counts: (len(counts), sets[counts], [-count for count in counts]))
    return min((name for name, its in times.items() if tuple(its) == counts), key=lambda name: _total(times[name]))


def _completed(its: Times, best: Times) -> Times:
    """At all of `best`'s thread counts: where it was not measured, as far from it as where both were."""
    ratio = geometric_mean(its[count] / best[count] for count in best if count in its)
    return {count: its.get(count, best[count] * ratio) for count in best}


def _total(its: Times) -> float:
    return sum(map(log, its.values()))
