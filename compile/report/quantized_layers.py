"""The layers of a quantized network as tables: their errors; with --search their times and what was decided."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from ..quantizing.layer_noise import LayerNoise
from ..quantizing.search import Found, LayerChoice


def layers_table(found: Found) -> Table:
    """One row a layer: its error alone, its times, what was decided and why."""
    title = f"accuracy on the calibration part: fp32 {found.fp32:.2%}, chosen {found.chosen:.2%}"
    if found.fp32_us is not None and found.chosen_us is not None:
        title += f"; the network: fp32 {found.fp32_us:.0f} us, chosen {found.chosen_us:.0f} us"
        title += " (no faster than fp32)" if found.warning else ""
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("layer", no_wrap=True)
    table.add_column("operator")
    for name in ("SNR dB", "fp32 us", "int8 us", "gain"):
        table.add_column(name, justify="right")
    for name in ("precision", "why"):
        table.add_column(name, no_wrap=True)
    for one in found.layers:
        times = ("" if time is None else f"{time:.1f}" for time in (one.fp32_us, one.int8_us))
        table.add_row(one.node, one.operator, f"{one.snr_db:.1f}", *times, _gain(one), one.precision, one.why)
    return table


def noises_table(noises: Sequence[LayerNoise]) -> Table:
    """One row a layer: how far its result lies from the fp32 network's, with all that was quantized before it."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("layer", no_wrap=True)
    table.add_column("operator")
    for name in ("SNR dB", "squared error", "relative error"):
        table.add_column(name, justify="right")
    for one in noises:
        errors = (f"{one.squared_error:.2e}", f"{one.relative_error:.2e}")
        table.add_row(one.node, one.operator, f"{one.snr_db:.1f}", *errors)
    return table


def _gain(one: LayerChoice) -> str:
    return f"{one.fp32_us / one.int8_us:.2f}x" if one.fp32_us and one.int8_us else ""
