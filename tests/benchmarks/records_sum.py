"""Do the records of a network's layers add up to what it takes?  What `tilewright tune` says at its end, of the zoo.

    python tests/benchmarks/records_sum.py                    # every zoo model, 1 and 2 threads
    python tests/benchmarks/records_sum.py lprnet --logs new

For each thread count: milliseconds of all kernels of a run, each at its fastest in turns, with the kernels' defaults
and with the records; what the records add up to; how far that is off.
A time on record holds for the machine, and the mood, in which it was measured; so each network takes turns for
`--seconds` with each thread count.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from statistics import geometric_mean
from typing import Annotated

import typer
from rich.console import Console
from tilewright.compile.importing import import_model
from tilewright.compile.progress import silent
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.log import read_log, shipped_logs
from tilewright.compile.tuning.verdict import Verdict
from tilewright.compile.tuning.verdicts import verdicts_here
from tilewright.models import zoo
from zoo_weights import random_where_untrained


def main(
    models: Annotated[list[str] | None, typer.Argument()] = None,
    threads: str = "1,2",
    logs: Path | None = None,
    seconds: float = 20.0,
) -> None:
    """Print a row for each model as it is measured; then the worst of all, over the thread counts where it says so."""
    console, furthest, slowest, tuned = Console(width=120), 0.0, 0.0, 1.0
    for model in models or zoo.names():
        verdicts = _verdicts(model, tuple(map(int, threads.split(","))), logs or shipped_logs(), seconds)
        console.print(f"| {model} | {' | '.join(map(_cells, verdicts))} |", highlight=False)
        furthest = max(furthest, *(abs(_off(one)) for one in verdicts))
        slowest = max(slowest, geometric_mean(one.now / one.default for one in verdicts))
        tuned = min(tuned, *(one.tuned for one in verdicts))
    console.print(f"furthest off: {furthest:.1%}; tuned: {tuned:.0%} at least", highlight=False)
    console.print(f"with records / without, over the thread counts: {slowest:.3f} at most", highlight=False)


def _verdicts(model: str, threads: tuple[int, ...], logs: Path, seconds: float) -> tuple[Verdict, ...]:
    """By a copy of the log: a verdict leaves marks."""
    target, imported = resolve("native"), import_model(model, weights=random_where_untrained(model), check=False)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(logs / target.name, copy := Path(folder, "logs", target.name))
        log = read_log(target.name, copy.parent)
        return verdicts_here([imported], target, threads, copy.parent, log, silent, seconds)


def _cells(one: Verdict) -> str:
    return f"{one.default:.4g} -> {one.now:.4g} | {one.predicted:.4g} | {100 * _off(one):+.1f} %"


def _off(one: Verdict) -> float:
    return one.predicted / one.now - 1


if __name__ == "__main__":
    typer.run(main)
