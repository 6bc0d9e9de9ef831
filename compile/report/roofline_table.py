"""Where a model's time goes, and could go: every layer's least time on this machine beside the one it takes."""

from __future__ import annotations

from rich.table import Table

from ..benchmarking.bench import Profile
from ..benchmarking.profile import LayerTime
from ..schedule_text import config_text


def roofline_table(profile: Profile, other_ms: float) -> Table:
    """Layers in order.  `other_ms` is ONNX Runtime's median, which the ceiling is against."""
    peaks, layers = profile.peaks, profile.layers
    least, taken = sum(layer.least_microseconds(peaks) for layer in layers), sum(layer.microseconds for layer in layers)
    title = (
        f"{profile.model}, {profile.threads} thread(s): {taken / 1e3:.2f} ms, at best {least / 1e3:.2f} ms "
        f"({peaks.fma_gflops:.0f} GFLOP/s, {peaks.bandwidth_gbs:.0f} GB/s); ONNX Runtime {other_ms:.2f} ms: "
        f"{1e3 * other_ms / taken:.2f}x now, {1e3 * other_ms / least:.2f}x at best"
    )
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("layer", justify="right")
    table.add_column("kernel", no_wrap=True)
    table.add_column("config", no_wrap=True)
    for column in ("output", "direct MMACs", "MMACs", "MB", "least us", "bound by", "us", "share"):
        table.add_column(column, justify="right", no_wrap=True)
    for layer in layers:
        table.add_row(*_cells(layer, profile))
    return table


def _cells(layer: LayerTime, profile: Profile) -> list[str]:
    kernel, peaks = layer.kernel, profile.peaks
    least = layer.least_microseconds(peaks)
    arithmetic = 2 * kernel.work / (peaks.fma_gflops * 1e3)
    schedule = kernel.schedule
    return [
        str(layer.index),
        schedule["kernel"] if schedule else " ".join(kernel.operators),
        config_text(schedule["config"]) if schedule else "",
        "x".join(map(str, kernel.shape)),
        f"{kernel.macs / 1e6:.1f}" if kernel.macs else "",
        f"{kernel.work / 1e6:.1f}" if kernel.work else "",
        f"{kernel.traffic / 1e6:.2f}",
        f"{least:.0f}",
        "arithmetic" if arithmetic >= least else "memory",
        f"{layer.microseconds:.0f}",
        f"{least / layer.microseconds:.0%}",
    ]
