"""Is a build with the records that ship ever slower than one without?  Both, and a second one with, in turns.

    python tests/benchmarks/with_records.py                    # every zoo model, 1 and 2 threads
    python tests/benchmarks/with_records.py lprnet --target x86-avx2 --threads 1

The last columns are the time with records over the time without, and what two builds that are the same differ by.
Each is loaded several times: where in memory its weights come to lie made one and the same build up to 13 % slower in a
virtual machine.  What counts is the load with the fastest median turn.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from tilewright.compile.bundle.load import load_bundle
from tilewright.compile.pipeline import compile_model
from tilewright.compile.tuning.log import shipped_logs
from tilewright.models import zoo
from turns import in_turns
from zoo_weights import random_where_untrained

_LOADS, _TURNS, _SECONDS = 4, 7, 0.15


def main(
    models: Annotated[list[str] | None, typer.Argument()] = None, target: str = "native", threads: str = "1,2"
) -> None:
    """Print a line for each model and thread count as it is measured, and the worst ratio."""
    console, worst = Console(width=120), 0.0
    console.print("model  threads  without, ms  with, ms  with / without  with / with", highlight=False)
    for model in models or zoo.names():
        with tempfile.TemporaryDirectory() as folder:
            paths = _three_builds(model, target, Path(folder))
            for count in map(int, threads.split(",")):
                without, having, again = _fastest(paths, count)
                shown = f"{model}  {count}  {without:.4g}  {having:.4g}  {having / without:.3f}  {having / again:.3f}"
                console.print(shown, highlight=False)
                worst = max(worst, having / without)
    console.print(f"worst: {worst:.3f}", highlight=False)


def _three_builds(model: str, target: str, folder: Path) -> list[Path]:
    """Without records, with them, and with them again."""
    logs = {"without": folder / "no-logs", "with": shipped_logs(), "again": shipped_logs()}
    given = {"target": target, "weights": random_where_untrained(model)}
    return [compile_model(model, folder / name, logs=one, **given).path for name, one in logs.items()]


def _fastest(paths: list[Path], threads: int) -> np.ndarray:
    """Milliseconds of each build.  No load is dropped before the last: the next would lie where it lay."""
    loads = [[load_bundle(path, threads=threads) for path in paths] for _ in range(_LOADS)]
    return 1e3 * np.min([np.median(in_turns(bundles, _TURNS, _SECONDS), axis=1) for bundles in loads], axis=0)


if __name__ == "__main__":
    typer.run(main)
