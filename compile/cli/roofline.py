"""`tilewright roofline`."""

from __future__ import annotations

from typing import Annotated

import typer

from .console import print_table, progress
from .options import Batch, Model, TargetName, Weights, parse_integers


def roofline(
    model: Model,
    target: TargetName = "native",
    threads: Annotated[str | None, typer.Option(help="Thread counts, such as 1,2.", show_default="all cores")] = None,
    batch: Batch = None,
    weights: Weights = None,
) -> None:
    """Show each layer's least time on this machine, beside the time it takes, and the ceiling against ONNX Runtime."""
    from ..benchmarking.bench import BenchOptions
    from ..benchmarking.session import run_session
    from ..evaluating.choose import DataChoice
    from ..report.roofline_table import roofline_table
    from ..tvm_stack import available_cores

    counts = parse_integers(threads, "--threads") if threads else (available_cores(),)
    options = BenchOptions(
        target=target, threads=counts, batches=(batch,), weights=weights, choice=DataChoice(limit=1), profile=True
    )
    with progress() as tell:
        results = run_session([model], options, tell)
    others = {row.threads: row.latency_ms.median for row in results.rows if row.engine == "onnxruntime"}
    for profile in results.profiles:
        print_table(roofline_table(profile, others[profile.threads]))
