"""A table drawn into one of matplotlib's axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tables import Table, number


def share_of(tables: Sequence[Table], column: str) -> Table:
    """The first table that has the column."""
    return next(one for one in tables if column in one.names)


def points(
    plot: Any, table: Table, x: str, y: str, label: Callable[[Sequence[str]], str] | None, least: float = float("-inf")
) -> None:
    """A numbered point a row, and by `label` what the numbers are; those below `least` are named apart."""
    named = list(zip(table.column(x), table.column(y), map(label or str, table.rows), strict=True))
    shown = [one for one in named if one[0] is not None and one[1] is not None and one[1] >= least]
    for at, (across, up, _) in enumerate(shown, 1):
        plot.plot(across, up, "o", markersize=5)
        beside = (4, 3) if at % 2 else (-4, -10)
        plot.annotate(str(at), (across, up), beside, textcoords="offset points", fontsize=8)
    plot.set_xlabel(x)
    plot.margins(0.08, 0.1)
    plot.grid(alpha=0.3)
    if label is not None:
        _list(plot, named, shown, least)


def _list(plot: Any, named: Sequence[Any], shown: Sequence[Any], least: float) -> None:
    names = [f"{at}  {name}" for at, (*_, name) in enumerate(shown, 1)]
    names += [f"below: {name}, {up:g} %" for _, up, name in named if up is not None and up < least]
    plot.text(0.98, 0.02, "\n".join(names), transform=plot.transAxes, ha="right", va="bottom", fontsize=7, color="0.3")
    low, high = plot.get_ylim()
    plot.set_ylim(low - 0.055 * len(names) * (high - low), high)  # so that the list does not lie on the points


def lines(plot: Any, table: Table, xlabel: str) -> None:
    """A line for each column after the first, whose cells are shares ("none" is 0)."""
    shares = [number(row[0].replace("none", "0")) for row in table.rows]
    for name in table.names[1:]:
        plot.plot(shares, table.column(name), "o-", markersize=4, label=name)
    plot.set_xlabel(f"% {xlabel}")
    plot.legend(fontsize="x-small")
    plot.grid(alpha=0.3)


def bars(plot: Any, table: Table, columns: Sequence[str]) -> None:
    """Groups of bars, one for each row."""
    width = 0.8 / len(columns)
    for at, name in enumerate(columns):
        plot.bar([row + at * width for row in range(len(table.rows))], table.column(name), width, label=name)
    plot.set_xticks(range(len(table.rows)), [row[0] for row in table.rows], rotation=40, ha="right", fontsize=7)
    plot.legend(fontsize="small")
