"""Printing: progress on standard error, results on standard output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..files import replacing
from ..progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich import progress as rich
    from rich.console import Console


class Shown(Progress, Protocol):
    """Progress that people see, and lines that stay when it has gone on."""

    def keep(self, line: str) -> None:
        """Print `line` for good."""
        ...


@contextmanager
def progress() -> Iterator[Shown]:
    """A function that shows what is being done: a spinner or a bar on a terminal, a line for each stage elsewhere."""
    console = plain_console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
        return
    from rich import progress as rich

    columns = (rich.SpinnerColumn(), rich.TextColumn("{task.description}", markup=False), _bar())
    # Once a second: a lively spinner would take its time from the engines that are being measured.
    with rich.Progress(*columns, console=console, refresh_per_second=1, transient=True) as bars:
        yield _Bars(bars)


class _Bars:
    """One bar for all stages."""

    def __init__(self, bars: rich.Progress) -> None:
        self._bars, self._task = bars, bars.add_task("starting", total=None)

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> None:
        self._bars.update(self._task, description=stage, completed=done, total=total or None)

    def keep(self, line: str) -> None:
        """See Shown."""
        self._bars.console.print(line, style="dim", highlight=False)


class _Lines:
    """One line a stage, where there is no terminal to draw on."""

    def __init__(self, console: Console) -> None:
        self._console, self._last = console, ""

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> None:
        if stage != self._last:
            self._last = stage
            self.keep(f"{stage}, {total:,} in all" if total else stage)

    def keep(self, line: str) -> None:
        """See Shown."""
        self._console.print(line, style="dim", highlight=False, soft_wrap=True)  # a log's line stays one


def _bar() -> Any:
    """Bar, count and time left of a stage that counts, nothing for the others."""
    from rich import progress as rich

    class Bar(rich.ProgressColumn):
        _parts = (rich.BarColumn(30), rich.MofNCompleteColumn(), rich.TimeRemainingColumn())

        def render(self, task: rich.Task) -> Any:
            from rich.columns import Columns

            return Columns([part(task) for part in self._parts]) if task.total else ""

    return Bar()


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
    _output().print(table)


def table_width() -> int:
    """How many characters a line of a table may have."""
    return _output().width


def plain_console(stderr: bool = False, width: int | None = None) -> Console:
    """A console that prints texts as they are: names have brackets, which Rich would take for markup, and :bus: too."""
    from rich.console import Console

    return Console(stderr=stderr, width=width, markup=False, emoji=False)


def _output() -> Console:
    console = plain_console()
    return console if console.is_terminal else plain_console(width=240)
