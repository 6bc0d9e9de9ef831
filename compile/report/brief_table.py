"""Measurements in brief: one line a model, batch and thread count, the engines side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.table import Table

from ..benchmarking.measurement import Measurement
from .accuracy_table import figure_of
from .tables import count_text, error_text, milliseconds_text, title_of


def brief_table(rows: Sequence[Measurement]) -> Table:
    """`rows` with ours first for each model, batch and thread count -> median latencies and the ratios to ours.

    `peak MB` is the most memory each engine's process has had, ours first.
    """
    others = list(dict.fromkeys(row.engine for row in rows if row.engine != "tvm"))
    table = Table(title=title_of(rows), title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("model")
    columns = ("MACs", "batch", "thr", "tvm ms", *(name for one in others for name in (f"{one} ms", "speed-up")))
    for name in (*columns, "peak MB", "error"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("accuracy")
    for model, group in groupby(rows, key=lambda row: row.model):
        table.add_section()
        first = True
        for _, engines in groupby(group, key=lambda row: (row.batch, row.threads)):
            table.add_row(model if first else "", *_cells({row.engine: row for row in engines}, others, first))
            first = False
    return table


def _cells(engines: dict[str, Measurement], others: Sequence[str], first: bool) -> list[str]:
    ours = engines["tvm"]
    cells = [count_text(ours.macs // ours.batch) if first else "", str(ours.batch), str(ours.threads)]
    cells.append(milliseconds_text(ours.latency_ms.median))
    for name in others:
        theirs = engines.get(name)
        cells.append(milliseconds_text(theirs.latency_ms.median) if theirs else "")
        cells.append(f"{ours.speedup[name]:.2f}x" if theirs else "")
    cells.append(" / ".join(f"{one.peak_rss_bytes / 1e6:.0f}" for one in engines.values() if one.peak_rss_bytes))
    accuracy = ours.accuracy
    figure = f"{figure_of(accuracy)} of {accuracy.n:,} ({accuracy.data})" if accuracy else ours.accuracy_note
    return [*cells, error_text(ours), figure if first else ""]
