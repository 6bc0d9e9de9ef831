"""A sweep's points beside each other: what was set, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from ..sweeping.summary import COLUMNS, summary_of
from .page import PageTable

if TYPE_CHECKING:
    from ..sweeping.results import Result


def cells_of(results: Sequence[Result]) -> PageTable:
    """One row a point: its settings, its state, and what it gave; columns that nothing fills are left out."""
    settings = list(dict.fromkeys(name for one in results for name in one.settings))
    summaries = [summary_of(one) for one in results]
    numbers = [name for name in COLUMNS if any(name in one for one in summaries)]
    rows = [
        [str(one.settings.get(name, "")) for name in settings]
        + [one.state]
        + [COLUMNS[name].format(summary[name]) if name in summary else "" for name in numbers]
        for one, summary in zip(results, summaries, strict=True)
    ]
    return PageTable([*settings, "state", *(name.replace("_", " ") for name in numbers)], len(settings) + 1, rows)


def sweep_table(results: Sequence[Result]) -> Table:
    """The same for a terminal."""
    cells = cells_of(results)
    table = Table(title=f"{len(results)} points")
    for place, name in enumerate(cells.names):
        table.add_column(name, justify="left" if place < cells.words else "right")
    for row in cells.rows:
        table.add_row(*row)
    return table
