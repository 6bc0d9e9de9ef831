"""What engines execute for one inference, where an emulator counts it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from ..benchmarking.measurement import Measurement
from ..boards.cost.counts import Counts, from_json


def counts_table(rows: Sequence[Measurement]) -> Table | None:
    """Millions an inference, ours beside the others', and theirs over ours; None where nothing was counted."""
    rows = [row for row in rows if row.modelled is not None]
    if not rows:
        return None
    table = Table(title="Millions an inference", title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("model")
    table.add_column("engine")
    for name in _columns(Counts(), 0.0):
        table.add_column(name, justify="right", no_wrap=True)
    ours: dict[str, float] = {}
    for row in rows:
        assert row.modelled is not None
        columns = _columns(from_json(row.modelled["counts"]), row.modelled["cycles"])
        table.add_row(row.model, row.engine, *(f"{value / 1e6:.3g}" for value in columns.values()))
        if row.engine == "tvm":
            ours = columns
        elif ours:
            ratios = [f"{value / ours[name]:.2f}x" if ours[name] else "" for name, value in columns.items()]
            table.add_row("", "over ours", *ratios, style="dim")
    return table


def _columns(counts: Counts, cycles: float) -> dict[str, float]:
    return {
        "instructions": counts.instructions,
        "loads": counts.loads,
        "stores": counts.stores,
        "multiply-adds": counts.multiply_adds,
        "vector": counts.fp32_multiply_adds
        + counts.fp16_multiply_adds
        + counts.dot_products
        + counts.widening_multiplies
        + counts.other_vector,
        "branches": counts.branches,
        "L1 misses": counts.l1_misses,
        "L2 misses": counts.l2_misses,
        "modelled cycles": cycles,
    }
