"""A sweep as a section of a page: what accuracy costs, all points beside each other, and their table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..sweeping.results import Result
from ..sweeping.summary import summary_of
from .page import Section, as_svg
from .sweep_picture import axes_of, draw_sweep
from .sweep_table import cells_of
from .trade_off import Mark, draw_trade_offs

_COSTS = {"onnx_bytes": ("ONNX, MB", 1e-6), "ours_ms": ("ours, ms", 1.0)}


def sweep_section(path: Path, results: Sequence[Result]) -> Section:
    """The section of the results that `path` holds.  Raises TilewrightError where matplotlib is missing."""
    counts = Counter(one.state for one in results)
    about = f"{path}: {len(results)} points, " + ", ".join(f"{count} {state}" for state, count in counts.items())
    pictures = []
    if marks := _marks(results):
        pictures.append(as_svg(lambda file: draw_trade_offs(marks, file)))
    if len(axes_of(results)) > 1:
        pictures.append(as_svg(lambda file: draw_sweep(results, file)))
    return Section(path.absolute().parent.name, about, pictures, cells_of(results))


def _marks(results: Sequence[Result]) -> dict[str, list[Mark]]:
    """For each cost that some points tell: those points, named by their settings."""
    found: dict[str, list[Mark]] = {}
    for one in results:
        summary = summary_of(one)
        name = ", ".join(f"{key} {value}" for key, value in one.settings.items())
        for key, (title, unit) in _COSTS.items():
            if key in summary and "accuracy" in summary:
                found.setdefault(title, []).append(Mark(name or one.name, unit * summary[key], summary["accuracy"]))
    return {title: marks for title, marks in found.items() if len(marks) > 1}
