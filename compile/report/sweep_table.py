"""A sweep's points beside each other: what was set, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from ..sweeping.results import rows_of

if TYPE_CHECKING:
    from ..sweeping.steps import Plan
    from ..sweeping.sweep import Sweep

_RESULTS = ("state", "parameters", "MACs", "ONNX", "accuracy", "ours", "ONNX Runtime", "times as fast")


def sweep_table(sweep: Sweep) -> Table:
    """One line a point."""
    settings = list(dict.fromkeys(name for plan in sweep.plans for name in plan.point.settings))
    table = Table(title=f"{len(sweep.plans)} points")
    for name in settings:
        table.add_column(name)
    cells = [_cells(plan) for plan in sweep.plans]
    shown = [place for place, name in enumerate(_RESULTS) if name == "state" or any(one[place] for one in cells)]
    for place in shown:
        table.add_column(_RESULTS[place], justify="right")
    for plan, results in zip(sweep.plans, cells, strict=True):
        chosen = [_text(plan.point.settings.get(name)) for name in settings]
        table.add_row(*chosen, *(results[place] for place in shown))
    return table


def _cells(plan: Plan) -> list[str]:
    if plan.state != "done":
        return [plan.state, *[""] * (len(_RESULTS) - 1)]
    ours: dict[str, Any] = {}
    rival: dict[str, Any] = {}
    pruned: dict[str, Any] = {}
    judged: dict[str, Any] | None = None
    for verb, row in rows_of(plan):
        if "engine" not in row:
            pruned = {**pruned, **row}
        elif row["engine"] == "tvm":
            ours, judged = row, (row["accuracy"] if verb == "eval" else judged) or row["accuracy"]
        elif row["engine"] == "onnxruntime":
            rival = row
    share = judged["value"] if judged else pruned.get("accuracy")
    speedup = ours.get("speedup", {}).get("onnxruntime")
    return [
        "done",
        _count(ours.get("params", pruned.get("parameters"))),
        _count(ours.get("macs", pruned.get("macs"))),
        "" if ours.get("onnx_bytes") is None else f"{ours['onnx_bytes'] / 1024:,.0f} KB",
        "" if share is None else f"{share:.2%}",
        *(_milliseconds(row) for row in (ours, rival)),
        "" if speedup is None else f"{speedup:.2f}",
    ]


def _milliseconds(row: dict[str, Any]) -> str:
    return f"{row['latency_ms']['median']:.3f} ms" if row else ""


def _count(number: int | None) -> str:
    return "" if number is None else f"{number / 1e6:,.3f} M"


def _text(value: object) -> str:
    return "" if value is None else str(value)
