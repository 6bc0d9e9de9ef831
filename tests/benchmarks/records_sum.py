"""Do the records of a network's layers add up to what it takes?  What `tilewright tune` says at its end, of the zoo.

    python tests/benchmarks/records_sum.py                    # every zoo model, 1 and 2 threads
    python tests/benchmarks/records_sum.py lprnet --logs new

For each thread count: milliseconds of all kernels of a run, each at its fastest in turns, with the kernels' defaults
and with the records; what the records add up to; how far that is off.

A time on record is the fastest that a layer took in some minutes, on a machine whose neighbours come and go.  So all
networks are built first, which takes 10 GB, and then take their turns in several rounds, minutes apart.  What a layer
took in these where that was clearly faster than on record goes to the log in `--put-down DIR`, as at a run's end.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean
from typing import Annotated

import typer
from rich.console import Console
from tilewright.compile.benchmarking.peaks import fma_gflops
from tilewright.compile.cpu import host_cpu
from tilewright.compile.importing import import_model
from tilewright.compile.targets import Target, resolve
from tilewright.compile.tuning.choice import RecordedChoice
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.in_turns import InTurns
from tilewright.compile.tuning.log import Log, append, read_log, shipped_logs
from tilewright.compile.tuning.memory import as_built
from tilewright.compile.tuning.network_timer import NetworkTimer
from tilewright.compile.tuning.record import Record
from tilewright.compile.tuning.turned import Turned
from tilewright.compile.tuning.verdict import Verdict, verdict
from tilewright.models import zoo
from zoo_weights import random_where_untrained

_TURNS = 3


def main(
    models: Annotated[list[str] | None, typer.Argument()] = None,
    threads: str = "1,2",
    logs: Path | None = None,
    rounds: int = 3,
    seconds: float = 5.0,
    put_down: Path | None = None,
) -> None:
    """Print a row for each model, then the worst of all, over the thread counts where it says so."""
    console, target = Console(width=120), resolve("native")
    peaks = {count: fma_gflops(target, count) for count in map(int, threads.split(","))}
    logs = logs or shipped_logs()
    known = require_choice(target, logs)
    built = [_build(model, target, known) for model in models or zoo.names()]
    for number in range(rounds):
        console.print(f"round {number + 1} of {rounds}", highlight=False)
        for one, count in itertools.product(built, peaks):
            one.builds.take(count, _TURNS, seconds)
    all_verdicts = [[one.verdict(*peak) for peak in peaks.items()] for one in built]
    for verdicts in all_verdicts:
        console.print(f"| {verdicts[0].network} | {' | '.join(map(_cells, verdicts))} |", highlight=False)
    _print_worst(console, all_verdicts)
    if put_down is not None:
        log = read_log(target.name, logs).of_cpu(host_cpu().model)
        append([record for one in built for record in one.news(target, list(peaks), log)], put_down)


@dataclass(frozen=True)
class _Built:
    """A model of the zoo by the kernels' defaults, and by the records `now`."""

    model: str
    builds: InTurns
    now: RecordedChoice

    def verdict(self, threads: int, gflops: float) -> Verdict:
        """By the turns that were taken."""
        default, now = self.builds.fastest(threads)
        return verdict(self.model, (default, default, now), self.builds.kernels[-1], self.now, threads, gflops)

    def news(self, target: Target, threads: Sequence[int], log: Log) -> list[Record]:
        """What of their layers is to go on record."""
        turned = Turned(self.model, target, host_cpu().model)
        for count in threads:
            default, now = zip(self.builds.fastest(count), self.builds.kernels, strict=True)
            turned((default, default, now), count)
        return turned.unknown_to(log, {one.layer for one in log.records})


def _build(model: str, target: Target, known: RecordedChoice) -> _Built:
    imported = import_model(model, weights=random_where_untrained(model), check=False)
    default, now = (as_built(one, imported, target) for one in (RecordedChoice((), known.machine), known))
    builds = InTurns(lambda choice: NetworkTimer(imported, target, choice), (default, now))
    return _Built(imported.source.name, builds, now)


def _print_worst(console: Console, all_verdicts: Sequence[Sequence[Verdict]]) -> None:
    flat = [one for verdicts in all_verdicts for one in verdicts]
    furthest, tuned = max(abs(_off(one)) for one in flat), min(one.tuned for one in flat)
    slowest = max(geometric_mean(one.now / one.default for one in verdicts) for verdicts in all_verdicts)
    console.print(f"furthest off: {furthest:.1%}; tuned: {tuned:.0%} at least", highlight=False)
    console.print(f"with records / without, over the thread counts: {slowest:.3f} at most", highlight=False)


def _cells(one: Verdict) -> str:
    return f"{one.default:.4g} -> {one.now:.4g} | {one.predicted:.4g} | {100 * _off(one):+.1f} %"


def _off(one: Verdict) -> float:
    return one.predicted / one.now - 1


if __name__ == "__main__":
    typer.run(main)
