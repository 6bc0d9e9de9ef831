"""Measurements as Rich tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich.table import Table

from ..benchmarking.bench import Profile
from ..benchmarking.measurement import Latency, Measurement

_BENCH_COLUMNS = (
    *("model", "engine", "thr", "batch", "ms p10/median/p90", "NumPy ms", "images/s", "speed-up", "error", "accuracy"),
    *("weights", "code", "peak RSS", "build", "tuned"),
)
_LEFT = {"model", "engine", "accuracy"}


def bench_table(rows: Sequence[Measurement]) -> Table:
    """One row an engine; a rule between models.  The speed-up is that of our row over the engine's."""
    table = Table(title=_title(rows), title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in _BENCH_COLUMNS:
        table.add_column(column, justify="left" if column in _LEFT else "right", no_wrap=column not in _LEFT)
    for _, group in groupby(rows, key=lambda row: (row.model, row.threads, row.batch)):
        table.add_section()
        engines = list(group)
        for row in engines:
            table.add_row(*_bench_cells(row, engines[0]), style="bold" if row.engine == "tvm" else "")
    return table


def _title(rows: Sequence[Measurement]) -> str:
    host, targets = rows[0].host, sorted({row.target for row in rows})
    versions = {row.engine: row.host["engine_version"] for row in rows}
    engines = ", ".join(f"{engine} {version}" for engine, version in versions.items())
    return f"{host['cpu']}, {host['cores']} cores, {rows[0].precision}, target {', '.join(targets)}; {engines}"


def _bench_cells(row: Measurement, ours: Measurement) -> list[str]:
    if row.engine == "tvm":
        speedup, error = "", _error(row)
    else:
        speedup, error = f"{ours.speedup[row.engine]:.2f}x", _error(row)
    accuracy = row.accuracy
    return [
        row.model,
        row.engine,
        str(row.threads),
        str(row.batch),
        _latency(row.latency_ms),
        _milliseconds(row.numpy_latency_ms.median),
        f"{row.images_per_second:,.0f}",
        speedup,
        error,
        f"{accuracy.value:.2%} of {accuracy.n:,} ({accuracy.data})" if accuracy else row.accuracy_note,
        _megabytes(row.parameter_bytes),
        _megabytes(row.code_bytes),
        _megabytes(row.peak_rss_bytes),
        f"{row.compile_seconds:.1f} s" if row.compile_seconds is not None else "",
        f"{row.tuned_share:.0%}" if row.tuned_share is not None else "",
    ]


def _error(row: Measurement) -> str:
    if row.max_abs_error is None or row.snr_db is None:
        return ""
    return "exact" if row.max_abs_error == 0 else f"{row.max_abs_error:.0e} {row.snr_db:.0f} dB"


def _latency(latency: Latency) -> str:
    return "/".join(_milliseconds(value) for value in (latency.p10, latency.median, latency.p90))


def _milliseconds(value: float) -> str:
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


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
