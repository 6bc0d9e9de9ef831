"""Keep each layer's few fastest candidates and those that need less memory: what ships with the project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from ...schedules.machines import Machine
from ..files import replacing
from .choice import RecordedChoice
from .choose import require_machine
from .log import read_log
from .memory import ever_smaller
from .record import Clock, Place, Record

KEPT = 3


def compact(records: Sequence[Record], machine: Machine, kept: int = KEPT) -> list[Record]:
    """The best records of each layer's `kept` fastest candidates, and of the fastest that need less memory each.

    So are those of the one that these are compared with, without which their thread counts may have nothing in common,
    and of the default: another CPU takes the fastest by how far that is behind.
    Each CPU keeps its own, so that its machines choose as before, and what all CPUs together rank first; and each
    network what was measured in it.
    """
    left: dict[str, Record] = {}
    cpus = dict.fromkeys(one.cpu for one in records)
    for cpu in ("", *cpus) if len(cpus) > 1 else cpus:  # "", nobody's: all together
        its = [one for one in records if not cpu or one.cpu == cpu]
        choice = RecordedChoice(its, machine, cpu)
        left |= {one.to_line(): one for one in _of_one(its, choice, kept, choice)}
        for network, there in _by_network(its).items() if cpu else ():
            left |= {one.to_line(): one for one in _of_one(there, choice.in_network(network), kept, choice)}
    return list(left.values())


def _by_network(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The measurements in each network, of layers that were measured in several."""
    networks: dict[str, set[str]] = defaultdict(set)
    found: dict[str, list[Record]] = defaultdict(list)
    inside = [one for one in records if one.place == "network"]
    for one in inside:
        networks[one.layer].add(one.model)
    for one in inside:
        if len(networks[one.layer]) > 1:
            found[one.model].append(one)
    return found


def _of_one(records: Sequence[Record], choice: RecordedChoice, kept: int, overall: RecordedChoice) -> list[Record]:
    """By `choice`; and what wins `overall`, without which a network's own records say nothing."""
    from ...schedules.kernels import default
    from ...schedules.layers import from_key

    by_layer: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_layer[record.layer].append(record)
    best: list[Record] = []
    for key, found in by_layer.items():
        layer = from_key(key)
        ranked = choice.ranked(layer)
        wanted = ranked[:kept] + ever_smaller(layer, ranked) + choice.compared_with(layer)
        wanted += overall.ranked(layer)[:1]
        names = [(one.kernel.name, one.settings) for one in (*wanted, default(layer, choice.machine)) if one]
        best += _fastest([record for record in found if (record.kernel, record.config) in names])
    return best


def _fastest(records: Sequence[Record]) -> list[Record]:
    """Of a candidate measured several times with a thread count, at one place, by one clock and CPU, the fastest."""
    times: dict[tuple[str, int, Place, Clock, str], list[Record]] = defaultdict(list)
    for record in records:
        times[record.candidate, record.threads, record.place, record.clock, record.cpu].append(record)
    return [min(same, key=lambda one: one.microseconds) for same in times.values()]


def compact_file(source: Path, target: str, result: Path) -> int:
    """Compact the log for `target` in folder `source` into file `result`; returns how many lines that has.

    Marks of finished layers stay, so that nobody measures again what was thrown away, and those of right answers and of
    who was beaten for what is kept.
    """
    from ..targets import resolve

    log = read_log(target, source)
    left = compact(log.records, require_machine(resolve(target)))
    kept = {(one.layer, one.candidate) for one in left}
    checked = [one for one in log.checked if (one.layer, one.candidate) in kept]
    beaten = [one for one in log.beaten if (one.layer, one.candidate) in kept]
    lines = dict.fromkeys(one.to_line() + "\n" for one in (*left, *log.finished, *checked, *beaten))
    with replacing(result) as beside:
        beside.write_text("".join(lines), encoding="utf-8")
    return len(lines)
