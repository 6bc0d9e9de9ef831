"""`tilewright bench`: the main job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..errors import TilewrightError
from .board_options import BoardName, Key, Rpc, Ssh, Tracker
from .console import json_file, print_table, progress, table_width
from .options import (
    Json,
    Precision,
    Shapes,
    TargetName,
    Weights,
    parse_integers,
    parse_shapes,
)


def bench(
    context: typer.Context,
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Zoo names or ONNX files.")],
    target: TargetName = "native",
    precision: Precision = "fp32",
    against: Annotated[str, typer.Option(help="Engines beside ours: onnxruntime, openvino, torch.")] = "onnxruntime",
    threads: Annotated[
        str | None, typer.Option(help="Thread counts, such as 1,2.", show_default="all cores; in a box 1")
    ] = None,
    batch: Annotated[str | None, typer.Option(help="Batch sizes, such as 1,16.", show_default="1")] = None,
    data: Annotated[str | None, typer.Option(help="Data set for the accuracy, for the models that have it.")] = None,
    shape: Shapes = None,
    weights: Weights = None,
    seconds: Annotated[float, typer.Option(min=2.0, help="Least time of measuring, for each engine.")] = 3.0,
    profile: Annotated[bool, typer.Option("--profile", help="Show the time of each layer, the slowest first.")] = False,
    parts: Annotated[
        int | None,
        typer.Option(metavar="DEPTH", min=1, help="Show the time of each part; 2 names them as layer1.0."),
    ] = None,
    energy: Annotated[
        str,
        typer.Option(
            help=r"Meter for the energy of a run: auto, rapl, pmic, ina219\[:BUS\[:ADDRESS\[:OHMS]]], csv:FILE."
        ),
    ] = "none",
    brief: Annotated[bool, typer.Option("--brief", help="One line a model, batch and thread count.")] = False,
    ladder: Annotated[
        bool, typer.Option("--ladder", help="What each step of scheduling gives, instead; judged on --data, if named.")
    ] = False,
    picture: Annotated[Path | None, typer.Option(help="With --ladder: draw it, as .png, .svg or .pdf.")] = None,
    rpc: Rpc = None,
    tracker: Tracker = None,
    key: Key = None,
    board: BoardName = None,
    ssh: Ssh = None,
    json: Json = None,
) -> None:
    """Compile models, and measure them side by side with other engines, here or on a board."""
    if ladder:
        from .ladder import climb_ladders, require_its_own

        require_its_own(context)
        counts = parse_integers(threads, "--threads") if threads else None
        climb_ladders(models, target, counts, weights, data, json, picture)
        return
    if picture is not None:
        raise TilewrightError("--picture draws a ladder: add --ladder, or leave it out")
    from ..benchmarking.bench import BenchOptions
    from ..benchmarking.energy import require_meter_name
    from ..benchmarking.limits import default_threads
    from ..benchmarking.protocol import Protocol
    from ..benchmarking.session import run_session
    from ..boards.choice import BoardChoice, open_place
    from ..evaluating.choose import DataChoice
    from ..report.brief_table import brief_table
    from ..report.counts_table import counts_table
    from ..report.parts_table import parts_table
    from ..report.tables import bench_tables, profile_table

    choice = BoardChoice(rpc, tracker, key, board, ssh)
    if (profile or parts) and choice.any:
        raise TilewrightError("--profile and --parts look at this machine: leave them out with a board")
    if energy != "none":
        require_meter_name(energy)
    options = BenchOptions(
        target=target,
        precision=precision,
        batches=parse_integers(batch, "--batch") if batch else (None,),
        against=tuple(name.strip() for name in against.split(",") if name.strip()),
        choice=DataChoice(data),
        weights=weights,
        shapes=parse_shapes(shape),
        protocol=replace(Protocol.lasting(seconds), energy=None if energy == "none" else energy),
        profile=profile or parts is not None,
    )
    counts = parse_integers(threads, "--threads") if threads else None
    with json_file(json) as write:
        with progress() as tell, open_place(choice, target, tell) as place:
            options = replace(options, threads=counts or (default_threads(place),))
            results = run_session(models, options, tell, place)
        write([row.to_json() for row in results.rows])
    for one in results.profiles:
        if profile:
            print_table(profile_table(one))
        if parts:
            print_table(parts_table(one, parts))
    for table in [brief_table(results.rows)] if brief else bench_tables(results.rows, table_width()):
        print_table(table)
    if (counts := counts_table(results.rows)) is not None:
        print_table(counts)
    for note in results.notes:
        typer.echo(note, err=True)
    if results.failure is not None:
        raise results.failure
