"""The stored measurements as a section of a page: the newest of each model and setting, beside ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .page import PageTable, Section, as_svg
from .pictures import drawing

_WORDS = ("model", "target", "precision")
_KEY = (*_WORDS, "threads", "batch", "params")  # a pruned network has the name of the whole one
_NUMBERS = (
    "ours, ms",
    "ONNX Runtime, ms",
    "times as fast",
    "accuracy",
    "MMAC",
    "ONNX, KB",
    "tuned",
    "on",
)
_REFERENCE = "onnxruntime"

Row = dict[str, Any]


def measured_section(rows: Sequence[Row], store: Path) -> Section:
    """The section of what `Store.measurements` gave.  Raises TilewrightError where matplotlib is missing."""
    pairs = newest(rows)
    compared = {key: pair for key, pair in pairs.items() if _REFERENCE in pair["tvm"]["speedup"]}
    pictures = [as_svg(lambda file: _draw(compared, file))] if compared else []
    about = f"The newest of {len(rows):,} rows in {store}. A time marked * is of a modelled clock, not of a real one."
    names = (*_KEY[:-1], "parameters", *_NUMBERS)
    return Section(
        "Measurements", about, pictures, PageTable(names, len(_WORDS), [_cells(*one) for one in pairs.items()])
    )


def newest(rows: Sequence[Row]) -> dict[tuple[Any, ...], dict[str, Row]]:
    """For each model and setting, sorted: engine -> its newest row; where ours is one of them."""
    found: dict[tuple[Any, ...], dict[str, Row]] = {}
    for row in rows:  # the oldest first
        found.setdefault(tuple(row[name] for name in _KEY), {})[row["engine"]] = row
    return {key: found[key] for key in sorted(found) if "tvm" in found[key]}


def _cells(key: tuple[Any, ...], engines: dict[str, Row]) -> list[str]:
    ours, other = engines["tvm"], engines.get(_REFERENCE)
    speedup, accuracy = ours["speedup"].get(_REFERENCE), ours["accuracy"]
    return [
        *map(str, key[:-1]),
        f"{key[-1]:,}",
        f"{ours['latency_ms']['median']:.3f}{'*' if ours.get('modelled') else ''}",
        f"{other['latency_ms']['median']:.3f}" if other else "",
        f"{speedup:.2f}" if speedup else "",
        f"{accuracy['value']:.2%} {accuracy['metric']}" if accuracy else ours["accuracy_note"],
        f"{ours['macs'] / 1e6:,.1f}",
        f"{ours['onnx_bytes'] / 1000:,.0f}" if ours.get("onnx_bytes") else "",
        "" if ours["tuned_share"] is None else f"{ours['tuned_share']:.0%}",
        ours["taken_at"][:10],
    ]


def _draw(pairs: dict[tuple[Any, ...], dict[str, Row]], path: Path) -> None:
    names = [f"{key[0]} {key[5] / 1e6:.2f} M {key[1]} {key[2]}, {key[3]} thr, batch {key[4]}" for key in pairs]
    speedups = [pair["tvm"]["speedup"][_REFERENCE] for pair in pairs.values()]
    with drawing(path, (9, 0.8 + 0.22 * len(names))) as plot:
        colours = ["tab:blue" if one >= 1 else "tab:orange" for one in speedups]
        bars = plot.barh(range(len(names)), speedups, color=colours, tick_label=names)
        plot.bar_label(bars, fmt="%.2f", fontsize=7, padding=2)
        plot.axvline(1, color="0.4", linewidth=1)
        plot.tick_params(axis="y", labelsize=7)
        plot.invert_yaxis()
        plot.margins(y=0.01)
        plot.set_xlabel("times as fast as ONNX Runtime")
