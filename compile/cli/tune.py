"""`tilewright tune`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import progress
from .options import Batch, Precision, TargetName, Weights, parse_integers


def tune(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Zoo names or ONNX files.")],
    target: TargetName = "native",
    threads: Annotated[str, typer.Option(help="Thread counts to choose for, such as 1,2.")] = "1,2",
    batch: Batch = None,
    weights: Weights = None,
    precision: Precision = "fp32",
    logs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the records go. [default: the user's data folder]")
    ] = None,
) -> None:
    """Measure every kernel that can compute a layer, inside its model, and keep the times on record.

    What is on record already is not measured again, so that a run that was stopped goes on where it was.
    """
    from ..benchmarking.limits import require_cores
    from ..quantizing.import_as import import_as, weight_bits_for
    from ..targets import resolve
    from ..tuning.in_network import tune_in_network
    from ..tuning.log import user_logs

    counts = parse_integers(threads, "--threads")
    require_cores(counts)
    chosen, folder = resolve(target), logs or user_logs()
    with progress() as tell:
        for model in models:
            bits = weight_bits_for(chosen)
            imported = import_as(model, precision, batch=batch, weights=weights, check=False, weight_bits=bits)
            count = tune_in_network(imported, chosen, counts, folder, tell)
            print(f"{model}: {count} new records in {folder / chosen.name}")
