"""Printing: progress on standard error, results on standard output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A function that shows what is being done: a spinner on a terminal, lines elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda stage: console.print(stage, style="dim", highlight=False)
        return
    # Once a second: a lively spinner would take its time from the engines that are being measured.
    with console.status("starting", refresh_per_second=1) as status:
        yield status.update


@contextmanager
def json_file(path: Path | None) -> Iterator[Callable[[Any], None]]:
    """A function that writes rows to `path` (or nowhere).  The place is tried first, not after minutes of work."""
    if path is None:
        yield lambda rows: None
        return
    with replacing(path) as beside:
        beside.touch()

        def write(rows: Any) -> None:
            beside.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")

        yield write


def print_table(table: Any) -> None:
    """A Rich table; where there is no terminal it is as wide as it needs to be."""
    _console().print(table)


def table_width() -> int:
    """How many characters a line of a table may have."""
    return _console().width


def _console() -> Any:
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=240)
