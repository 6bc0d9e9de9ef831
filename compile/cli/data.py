"""`tilewright data`: get data sets and published weights, and list them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from .console import plain_console, print_table

if TYPE_CHECKING:
    from ...models.data.fetching.download import Progress

data_app = typer.Typer(
    help="Get data sets and published weights from their sources, and list them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@data_app.command()
def get(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="See `tilewright data list`.")],
    force: Annotated[bool, typer.Option("--force", help="Get anew and replace what is there.")] = False,
) -> None:
    """Download data sets from their sources, at a pinned commit, checked, into TILEWRIGHT_DATA or the user's cache.

    A download that was stopped goes on where it stopped.

    TILEWRIGHT_MIRROR=http://127.0.0.1:8000/ takes the place of scheme and host of every address (https elsewhere).
    """
    from ...models.data.fetching import find_dataset, get_dataset, get_source

    for source in [get_source(name) for name in names]:  # a wrong name, before the first download
        if not force and (place := find_dataset(source.name)):
            print(f"{source.name}: already at {place}")
            continue
        with byte_progress() as tell:
            place = get_dataset(source.name, progress=tell, force=force)
        print(f"{source.name}: now at {place} ({source.licence})")


@data_app.command("list")
def list_() -> None:
    """List what can be had: what it is, under which licence, and where it is on this machine."""
    from rich.table import Table

    from ...models.data.fetching import find_dataset, get_source
    from ...models.data.fetching import names as all_names

    table = Table("name", "what", "licence", "here", box=None, header_style="bold")
    for source in map(get_source, all_names()):
        table.add_row(source.name, source.title, source.licence, str(find_dataset(source.name) or "no"))
    print_table(table)


@contextmanager
def byte_progress() -> Iterator[Progress]:
    """A function that shows what is done and how many bytes: a bar on a terminal, a line for each step elsewhere."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    console = plain_console(stderr=True)
    steps: dict[str, TaskID] = {}
    columns = TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    bar = Progress(*columns, console=console)

    def update(what: str, done: int, total: int | None) -> None:
        if what not in steps:
            steps[what] = bar.add_task(what, total=total)
            if not console.is_terminal:
                console.print(what, style="dim", highlight=False, soft_wrap=True)
        bar.update(steps[what], completed=done, total=total)

    if not console.is_terminal:
        yield update
        return
    with bar:
        yield update
