"""Measurements as Rich tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich.table import Table

from ..benchmarking.bench import Profile
from ..benchmarking.measurement import Latency, Measurement
from .accuracy_table import figure_of

_BENCH_COLUMNS = (
    *("model", "engine", "thr", "batch", "ms p10/median/p90", "NumPy ms", "images/s", "speed-up", "error", "accuracy"),
    *("params", "MACs", "weights", "code", "peak RSS", "energy", "build", "tuned"),
)
_LEFT = {"model", "engine", "accuracy"}
_KEYS = 4  # the columns that say which row it is
_ENERGY = _BENCH_COLUMNS.index("energy")  # which is shown where it was asked for only
_GAP = 2
_ACCURACY_WIDTH = 20  # it may take two lines


def bench_tables(rows: Sequence[Measurement], width: int) -> list[Table]:
    """One row an engine; a rule between models.  The speed-up is that of our row over the engine's.

    One table, or several where `width` characters are too few: each then begins with the columns that say which row
    it is.
    """
    groups = [list(group) for _, group in groupby(rows, key=lambda row: (row.model, row.threads, row.batch))]
    cells = [[_bench_cells(row, group[0]) for row in group] for group in groups]
    tables = []
    for columns in _columns_that_fit([row for group in cells for row in group], width):
        title = None if tables else title_of(rows)
        table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
        for column in columns:
            name = _BENCH_COLUMNS[column]
            justify = "left" if name in _LEFT else "right"
            table.add_column(name, justify=justify, no_wrap=name != "accuracy", min_width=len(name))
        for group, texts in zip(groups, cells, strict=True):
            table.add_section()
            for row, text in zip(group, texts, strict=True):
                table.add_row(*(text[column] for column in columns), style="bold" if row.engine == "tvm" else "")
        tables.append(table)
    return tables


def _columns_that_fit(cells: Sequence[Sequence[str]], width: int) -> list[list[int]]:
    """The columns of each table, as many in each as fit."""
    widths = [
        max(len(text) for text in (name, *(row[column] for row in cells))) + _GAP
        for column, name in enumerate(_BENCH_COLUMNS)
    ]
    accuracy = _BENCH_COLUMNS.index("accuracy")
    widths[accuracy] = min(widths[accuracy], _ACCURACY_WIDTH + _GAP)
    keys = list(range(_KEYS))
    tables = [[*keys]]
    asked = any(row[_ENERGY] for row in cells)
    for column in (one for one in range(_KEYS, len(widths)) if asked or one != _ENERGY):
        if len(tables[-1]) > _KEYS and sum(widths[one] for one in [*tables[-1], column]) - _GAP > width:
            tables.append([*keys])
        tables[-1].append(column)
    return tables


def title_of(rows: Sequence[Measurement]) -> str:
    """Machine, precision, target and the engines' versions."""
    host, targets = rows[0].host, sorted({row.target for row in rows})
    versions = {row.engine: row.host["engine_version"] for row in rows}
    engines = ", ".join(f"{engine} {version}" for engine, version in versions.items())
    text = f"{host['cpu']}, {host['cores']} cores, {rows[0].precision}, target {', '.join(targets)}; {engines}"
    return text if rows[0].modelled is None else f"{text}\nMODELLED clock, no measurement of time (docs/MODEL.md)"


def _bench_cells(row: Measurement, ours: Measurement) -> list[str]:
    accuracy = row.accuracy
    return [
        row.model,
        row.engine,
        str(row.threads),
        str(row.batch),
        _latency(row.latency_ms),
        milliseconds_text(row.numpy_latency_ms.median),
        f"{row.images_per_second:,.0f}",
        f"{ours.speedup[row.engine]:.2f}x" if row.engine in ours.speedup else "",
        error_text(row),
        f"{figure_of(accuracy)} of {accuracy.n:,} ({accuracy.data})" if accuracy else row.accuracy_note,
        count_text(row.params) if row is ours else "",
        count_text(row.macs) if row is ours else "",
        _megabytes(row.parameter_bytes),
        _megabytes(row.code_bytes),
        _megabytes(row.peak_rss_bytes),
        energy_text(row),
        f"{row.compile_seconds:.1f} s" if row.compile_seconds is not None else "",
        f"{row.tuned_share:.0%}" if row.tuned_share is not None else "",
    ]


def error_text(row: Measurement) -> str:
    """The largest error and the signal-to-noise ratio: "4e-07 139 dB"."""
    if row.max_abs_error is None or row.snr_db is None:
        return ""
    return "exact" if row.max_abs_error == 0 else f"{row.max_abs_error:.0e} {row.snr_db:.0f} dB"


def energy_text(row: Measurement) -> str:
    """Of one run, in mJ or J; empty where nobody asked for it."""
    joules = row.energy_joules
    if joules is None:
        return "not available" if row.energy_note else ""
    return f"{joules:.3g} J" if joules >= 1 else f"{joules * 1e3:.3g} mJ"


def _latency(latency: Latency) -> str:
    return "/".join(milliseconds_text(value) for value in (latency.p10, latency.median, latency.p90))


def milliseconds_text(value: float) -> str:
    """Three digits."""
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def count_text(number: int) -> str:
    """In millions, or billions: "1.81 G"."""
    return f"{number / 1e9:.2f} G" if number >= 1e9 else f"{number / 1e6:.2f} M"


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:.0f} MB" if size >= 1e7 else f"{size / 1e6:.2f} MB"


def profile_table(profile: Profile, most: int = 20) -> Table:
    """The slowest layers first, and a last row for the rest."""
    peaks = profile.peaks
    total = sum(layer.microseconds for layer in profile.layers)
    title = (
        f"{profile.model}, {profile.threads} thread(s): {total / 1e3:.2f} ms in {len(profile.layers)} layers; "
        f"peak {peaks.fma_gflops:.0f} GFLOP/s, {peaks.bandwidth_gbs:.0f} GB/s"
    )
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("layer", justify="right")
    table.add_column("operators")
    for column in ("output", "us", "share", "MMACs", "GFLOP/s", "of roofline"):
        table.add_column(column, justify="right", no_wrap=True)
    slowest = sorted(profile.layers, key=lambda layer: -layer.microseconds)
    for layer in slowest[:most]:
        table.add_row(*_layer_cells(layer, total, profile))
    rest = slowest[most:]
    if rest:
        time = sum(layer.microseconds for layer in rest)
        table.add_row("", f"{len(rest)} more", "", f"{time:.0f}", f"{time / total:.1%}", "", "", "")
    return table


def _layer_cells(layer: Any, total: float, profile: Profile) -> list[str]:
    kernel = layer.kernel
    return [
        str(layer.index),
        " ".join(kernel.operators),
        "x".join(map(str, kernel.shape)),
        f"{layer.microseconds:.0f}",
        f"{layer.microseconds / total:.1%}",
        f"{kernel.macs / 1e6:.1f}" if kernel.macs else "",
        f"{layer.gflops:.0f}" if kernel.macs else "",
        f"{layer.roofline_share(profile.peaks):.0%}",
    ]
