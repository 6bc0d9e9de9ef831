"""`tilewright sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import print_table, progress


def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="A grid, and a table for each verb of a point.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", show_default="FILE.sweep, where you are")
    ] = None,
    on: Annotated[str, typer.Option(help="local: processes here; slurm: a cluster's jobs.")] = "local",
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Points at once; what measures runs alone here.", show_default="1; all on Slurm"),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Run those that had failed again.")] = False,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the points as parallel coordinates, as .png, .svg or .pdf.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show the commands of each point, and run none.")] = False,
) -> None:
    """Run a grid of experiments, here or on a Slurm cluster.  Killed, the same command goes on."""
    from ..files import require_place
    from ..report.pictures import require_drawable
    from ..report.sweep_picture import draw_sweep
    from ..report.sweep_table import sweep_table
    from ..sweeping.results import FILE, result_of, write_results
    from ..sweeping.sweep import SweepOptions, open_sweep, run_sweep

    options = SweepOptions(on, jobs, retry)
    found = open_sweep(file, output or Path(f"{file.stem}.sweep"))
    if plan:
        for one in found.plans:
            typer.echo(f"# {one.point.name} {one.state}")
            for step in one.steps:
                typer.echo(step.command)
        return
    if picture is not None:
        require_drawable(picture)
    require_place(found.out / FILE)
    try:
        with progress() as tell:
            run_sweep(found, options, tell)
    finally:
        results = [result_of(one) for one in found.plans]
        write_results(results, found.out / FILE)
    print_table(sweep_table(results))
    if picture is not None:
        draw_sweep(results, picture)
    print(f"{found.out / FILE}: written; `tilewright report {found.out / FILE}` makes a page of it")
    failed = [one for one in found.plans if one.state == "failed"]
    for one in failed:
        typer.echo(f"{one.folder}: {one.failure()['error']}", err=True)
    if failed:
        typer.echo(f"{len(failed)} of {len(found.plans)} points failed: run them again with --retry", err=True)
        raise typer.Exit(1)
