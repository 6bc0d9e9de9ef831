"""A tuning run as a table: what each task takes, has cost and could still win."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.table import Table

from ...schedules.layers import to_key
from ...schedules.machines import Machine
from ..schedule_text import config_text, layer_text
from ..tuning.verdict import Verdict
from ..tuning.watch import Progressing, Watch


def tuning_table(watch: Watch, machine: Machine, clock_hz: float | None, rows: int | None = None) -> Table:
    """The tasks by the time that they take in all networks together, the largest first; at most `rows` of them.

    `clock_hz` gives the share of one core's peak, where it is known.
    """
    tasks = sorted(watch.tasks, key=lambda one: one.uses * (one.best or float("inf")), reverse=True)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("task", "kernel", "config"):
        table.add_column(column, no_wrap=True)
    for column in ("uses", "before us", "best us", "gain", "GFLOP/s", "of peak", "trials", "left", "errors"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in tasks[:rows]:
        table.add_row(*_cells(one, machine, clock_hz))
    if rows is not None and len(tasks) > rows:
        table.add_row(f"and {len(tasks) - rows} more")
    return table


def latency_lines(watch: Watch) -> list[str]:
    """The latency that each network's layers add up to, before and now; nothing for one with unknown layers."""
    lines = []
    for network in watch.networks:
        now, before = watch.predicted_ms(network), watch.predicted_ms(network, before=True)
        if now is not None and before is not None:
            lines.append(f"{network}: its layers add up to {now:.4g} ms, {before / now:.2f} times as fast as before")
    return lines


def verdict_lines(verdicts: Sequence[Verdict]) -> list[str]:
    """What a run was worth, and what would pay next; milliseconds of all kernels of a run."""
    lines = []
    for one in verdicts:
        lines.append(
            f"{one.network}, {one.threads} thread(s): {one.default:.4g} ms with the kernels' defaults, "
            f"{one.before:.4g} before, {one.now:.4g} now (its records add up to {one.predicted:.4g}); "
            f"{one.tuned:.0%} of the time is tuned"
        )
        most = ", ".join(f"{name} {share:.0%}" for name, share in one.next)
        lines.append(f"  most of it: {most}")
    return lines


def _cells(one: Progressing, machine: Machine, clock_hz: float | None) -> list[str]:
    winner, gflops = one.winner, one.gflops
    peak = None if clock_hz is None else machine.flops_per_cycle * clock_hz / 1e9
    return [
        layer_text(json.loads(to_key(one.task.layer))),
        winner.kernel.name if winner else "",
        config_text(winner.settings) if winner else "",
        str(one.uses),
        "" if one.before is None else f"{one.before:.1f}",
        "" if one.best is None else f"{one.best:.1f}",
        "" if one.best is None or one.before is None else f"{one.before / one.best:.2f}x",
        "" if gflops is None else f"{gflops:.1f}",
        "" if gflops is None or peak is None else f"{gflops / peak:.0%}",
        str(one.trials),
        str(max(0, one.left)),
        " ".join(f"{count} {kind}" for kind, count in sorted(one.errors.items())),
    ]
