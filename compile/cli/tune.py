"""`tilewright tune`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .board_options import BoardName, Key, Rpc, Ssh, Tracker
from .console import print_table, table_width
from .options import Batch, Precision, TargetName, Weights, parse_integers
from .tuning_view import tuning_view


def tune(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Zoo names or ONNX files.")],
    target: TargetName = "native",
    tuner: Annotated[
        str,
        typer.Option(
            help="auto: our kernels, then MetaSchedule where it comes near; or one of kernels, templates (TVM's), "
            "metaschedule, autotvm, autotvm:genetic, :grid, :random (kernels and templates by AutoTVM's tuners)."
        ),
    ] = "auto",
    budget: Annotated[str | None, typer.Option(help="Take 20m, 90s, 1h30m.", show_default="until all is done")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Stop after so many candidates, each for a layer.")] = None,
    threads: Annotated[
        str | None,
        typer.Option(help="Thread counts to choose for.", show_default="1,2; on a board 1 and all; in a box 1"),
    ] = None,
    batch: Batch = None,
    weights: Weights = None,
    precision: Precision = "fp32",
    logs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the records go.", show_default="the user's data folder")
    ] = None,
    transfer: Annotated[
        bool,
        typer.Option("--transfer/--no-transfer", help="Start from what is known of like layers and sibling targets."),
    ] = True,
    rpc: Rpc = None,
    tracker: Tracker = None,
    key: Key = None,
    board: BoardName = None,
    ssh: Ssh = None,
) -> None:
    """Measure the kernels that can compute the layers of the models, and keep the times on record.

    Here inside their network, on boards alone.  Nothing is measured twice: a run that was killed goes on where it was.
    """
    from ..boards.choice import BoardChoice
    from ..building.sparse_params import with_sparse_params
    from ..quantizing.import_as import import_as, weight_bits_for
    from ..report.tuning_lines import latency_lines, verdict_lines
    from ..report.tuning_table import tuning_table
    from ..targets import resolve
    from ..tuning.budget import Budget, parse_duration
    from ..tuning.choose import require_choice
    from ..tuning.log import user_logs
    from ..tuning.options import TuneOptions
    from ..tuning.tune import tune_networks

    chosen, folder = resolve(target), logs or user_logs()
    require_choice(chosen, folder)
    seconds = None if budget is None else parse_duration(budget, "--budget")
    options = TuneOptions(
        chosen,
        folder,
        tuner,
        parse_integers(threads, "--threads") if threads else None,
        board=BoardChoice(rpc, tracker, key, board, ssh),
        budget=Budget.starting_now(seconds, trials),
        transfer=transfer,
    )
    given: dict[str, Any] = {"batch": batch, "weights": weights, "check": False, "weight_bits": weight_bits_for(chosen)}
    with tuning_view() as (changed, tell):
        networks = [with_sparse_params(import_as(model, precision, **given, progress=tell), chosen) for model in models]
        tuned = tune_networks(networks, options, changed, tell)
    for note in tuned.passed_over:
        typer.echo(note, err=True)
    print_table(tuning_table(tuned.watch, table_width()))
    clock = ", by the MODELLED clock" if tuned.modelled else ""
    for line in latency_lines(tuned.watch):
        print(line + clock)
    for line in verdict_lines(tuned.verdicts, clock):
        print(line)
    print(f"{', '.join(models)}: {tuned.records} new records in {folder / chosen.name}")
