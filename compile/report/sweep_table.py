"""A sweep's points beside each other: what was set, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from ..sweeping.summary import COLUMNS, summary_of

if TYPE_CHECKING:
    from ..sweeping.sweep import Sweep


def sweep_table(sweep: Sweep) -> Table:
    """One line a point; columns that nothing fills are left out."""
    settings = list(dict.fromkeys(name for plan in sweep.plans for name in plan.point.settings))
    summaries = [summary_of(plan) for plan in sweep.plans]
    results = [name for name in COLUMNS if any(name in one for one in summaries)]
    table = Table(title=f"{len(sweep.plans)} points")
    for name in settings:
        table.add_column(name)
    table.add_column("state")
    for name in results:
        table.add_column(name.replace("_", " "), justify="right")
    for plan, summary in zip(sweep.plans, summaries, strict=True):
        chosen = [str(plan.point.settings.get(name, "")) for name in settings]
        cells = [COLUMNS[name].format(summary[name]) if name in summary else "" for name in results]
        table.add_row(*chosen, plan.state, *cells)
    return table
