"""Accuracy against what it costs, a panel for each kind of cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .pictures import drawing

_SHOWN = 0.9  # of the best accuracy: what is worse would squeeze the others together


@dataclass(frozen=True)
class Mark:
    """A point's name, what it costs, and its accuracy from 0 to 1."""

    name: str
    cost: float
    accuracy: float


def front(marks: Sequence[Mark]) -> list[Mark]:
    """Those that no other beats in both, the cheapest first."""
    found: list[Mark] = []
    for mark in sorted(marks, key=lambda one: (one.cost, -one.accuracy)):
        if not found or mark.accuracy > found[-1].accuracy:
            found.append(mark)
    return found


def draw_trade_offs(panels: Mapping[str, Sequence[Mark]], path: Path) -> None:
    """Write the picture to `path`: a panel for each title of a cost.  What nothing beats is joined, numbered and named.

    Points of less than nine tenths of the best accuracy are left out, and counted.

    Raises TilewrightError as `drawing` does.
    """
    with drawing(path, (5.5 * len(panels), 4), columns=len(panels)) as plots:
        for plot, (title, marks) in zip(plots if len(panels) > 1 else [plots], panels.items(), strict=True):
            least = _SHOWN * max(one.accuracy for one in marks)
            _draw(plot, [one for one in marks if one.accuracy >= least])
            left = sum(one.accuracy < least for one in marks)
            plot.set_xlabel(f"{title} ({left} points lie below)" if left else title)


def _draw(plot: Any, marks: Sequence[Mark]) -> None:
    best = front(marks)
    plot.scatter([one.cost for one in marks], [100 * one.accuracy for one in marks], s=18, color="0.6")
    plot.plot([one.cost for one in best], [100 * one.accuracy for one in best], "o-", markersize=5)
    for number, one in enumerate(best, 1):
        plot.annotate(str(number), (one.cost, 100 * one.accuracy), (3, 4), textcoords="offset points", fontsize=8)
    names = "\n".join(f"{number}  {one.name}" for number, one in enumerate(best, 1))
    plot.text(0.98, 0.03, names, transform=plot.transAxes, ha="right", va="bottom", fontsize=7, color="0.3")
    plot.set_ylabel("accuracy, %")
    plot.margins(0.08, 0.15)
    plot.grid(alpha=0.3)
