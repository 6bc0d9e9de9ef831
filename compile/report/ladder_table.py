"""The optimization ladder as a table and as a plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from ..benchmarking.peaks import Peaks
from ..ladder.climb import Step
from .accuracy_table import figure_of
from .pictures import drawing
from .tables import milliseconds_text


def ladder_table(model: str, steps: Sequence[Step], peaks: Peaks) -> Table:
    """One row a rung: the largest convolution and the whole network, with rate and gain over the naive loops.

    Where the rungs were judged the last column is their accuracy.
    """
    title = f"{model}, {peaks.threads} thread(s), peak {peaks.fma_gflops:.0f} GFLOP/s"
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("schedule", no_wrap=True)
    for name in ("conv ms", "GFLOP/s", "of peak", "gain", "network ms", "GFLOP/s", "of peak", "gain"):
        table.add_column(name, justify="right", no_wrap=True)
    first = steps[0]
    if first.accuracy is not None:
        table.add_column(f"of {first.accuracy.n:,} ({first.accuracy.data})", justify="right", no_wrap=True)
    for step in steps:
        cells = _cells(step.conv_microseconds, step.conv_macs, first.conv_microseconds, peaks)
        cells += _cells(step.network_microseconds, step.network_macs, first.network_microseconds, peaks)
        table.add_row(step.name, *cells, *([] if step.accuracy is None else [figure_of(step.accuracy)]))
    return table


def _cells(microseconds: float, macs: int, naive: float, peaks: Peaks) -> list[str]:
    rate = 2 * macs / microseconds / 1e3
    share = f"{rate / peaks.fma_gflops:.0%}"
    return [milliseconds_text(microseconds / 1e3), f"{rate:.1f}", share, f"{naive / microseconds:.1f}x"]


def draw_ladder(model: str, steps: Sequence[Step], peaks: Peaks, path: Path) -> None:
    """Bars of GFLOP/s on every rung, and the machine's peak as a line.  Raises TilewrightError as `drawing` does."""
    places = range(len(steps))
    with drawing(path, (9, 4.5)) as axes:
        for shift, name, rates in (
            (-0.2, "largest convolution", [2 * step.conv_macs / step.conv_microseconds / 1e3 for step in steps]),
            (0.2, "whole network", [2 * step.network_macs / step.network_microseconds / 1e3 for step in steps]),
        ):
            bars = axes.bar([place + shift for place in places], rates, 0.38, label=name)
            axes.bar_label(bars, [f"{rate:.3g}" for rate in rates], fontsize=8)
        axes.axhline(peaks.fma_gflops, color="black", linewidth=1, linestyle="--", label="FMA peak")
        axes.set_yscale("log")
        axes.set_ylabel("GFLOP/s, counted as a direct convolution")
        axes.set_xticks(list(places), [step.name.replace("+ ", "+\n") for step in steps], fontsize=8)
        axes.set_title(f"{model}, {peaks.threads} thread(s), {peaks.host}")
        axes.legend(loc="upper left")
