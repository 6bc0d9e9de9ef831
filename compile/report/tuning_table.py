"""A tuning run as a table: what each task takes, has cost and could still win."""

from __future__ import annotations

import json

from rich.table import Table
from rich.text import Text

from ...schedules.layers import to_key
from ..schedule_text import config_text, layer_text
from ..tuning.progressing import Progressing
from ..tuning.watch import Watch

_COLUMNS = (
    *("task", "kernel", "config", "uses", "before us", "best us", "gain", "GFLOP/s", "of peak"),
    *("trials", "left", "errors"),
)
_WORDS = ("task", "kernel", "config")  # what is cut where a line is too short, not the numbers
_LATER = {"kernel": 150, "config": 150, "uses": 150, "before us": 110, "GFLOP/s": 110}  # how wide a line has them


def tuning_table(watch: Watch, width: int, rows: int | None = None) -> Table:
    """The tasks by the time that they take in all networks together, the largest first; at most `rows` of them.

    In a line of so many characters not all columns have their place.
    """
    tasks = sorted(watch.tasks, key=lambda one: one.uses * (one.best or 0.0), reverse=True)
    table = Table(box=None, header_style="bold", pad_edge=False)
    columns = [name for name in _COLUMNS if width >= _LATER.get(name, 0)]
    for column in columns:
        words = column in _WORDS
        table.add_column(column, justify="left" if words else "right", no_wrap=not words)
    for one in tasks[:rows]:
        cells = _cells(one, watch.peak_gflops)
        table.add_row(*(Text(cells[column], no_wrap=True) for column in columns))
    if rows is not None and len(tasks) > rows:
        table.add_row(f"and {len(tasks) - rows} more")
    return table


def _cells(one: Progressing, peak: float | None) -> dict[str, str]:
    winner, gflops = one.winner, one.gflops
    return {
        "task": layer_text(json.loads(to_key(one.task.layer))),
        "kernel": winner.kernel.name if winner else "",
        "config": config_text(winner.settings) if winner else "",
        "uses": str(one.uses),
        "before us": "" if one.before is None else f"{one.before:.1f}",
        "best us": "" if one.best is None else f"{one.best:.1f}",
        "gain": "" if one.best is None or one.before is None else f"{one.before / one.best:.2f}x",
        "GFLOP/s": "" if gflops is None else f"{gflops:.1f}",
        "of peak": "" if gflops is None or peak is None else f"{gflops / peak:.0%}",
        "trials": str(one.trials),
        "left": str(max(0, one.left)),
        "errors": " ".join(f"{count} {kind}" for kind, count in sorted(one.errors.items())),
    }
