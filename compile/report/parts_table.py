"""Where the time goes, by the parts of the network and the size of their pictures."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from ..benchmarking.bench import Profile
from ..benchmarking.profile import LayerTime


def parts_table(profile: Profile, depth: int) -> Table:
    """A row for each part, named by `depth` of its names, and each size that it works at; in order of execution."""
    total = sum(layer.microseconds for layer in profile.layers)
    title = f"{profile.model}, {profile.threads} thread(s): {total / 1e3:.2f} ms"
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("part")
    for column in ("picture", "layers", "us", "share", "MMACs", "GFLOP/s"):
        table.add_column(column, justify="right", no_wrap=True)
    groups: dict[tuple[str, str], list[LayerTime]] = {}
    for layer in profile.layers:
        part = ".".join(layer.part.split(".")[:depth])
        groups.setdefault((part or "-", _picture(layer.kernel.shape)), []).append(layer)
    for (part, picture), layers in groups.items():
        table.add_row(part, picture, *_sums(layers, total))
    return table


def _sums(layers: Sequence[LayerTime], total: float) -> list[str]:
    time, macs = sum(one.microseconds for one in layers), sum(one.kernel.macs for one in layers)
    return [str(len(layers)), f"{time:.0f}", f"{time / total:.1%}", f"{macs / 1e6:.1f}", f"{2 * macs / time / 1e3:.1f}"]


def _picture(shape: Sequence[int]) -> str:
    """Height and width of (N, C, H, W) and (N, C / c, H, W, c); nothing of other shapes."""
    return "x".join(map(str, shape[2:4])) if len(shape) in (4, 5) else ""
