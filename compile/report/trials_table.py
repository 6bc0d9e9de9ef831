"""The recipes that were tried as a table."""

from __future__ import annotations

from rich.table import Table

from ..quantizing.compare import Comparison


def trials_table(found: Comparison) -> Table:
    """One row a recipe, the best first."""
    title = f"on {found.data}: fp32 {found.fp32:.2%}"
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for name in ("method", "equalized", "biases corrected"):
        table.add_column(name)
    for name in ("accuracy", "flipped", "SNR dB"):
        table.add_column(name, justify="right")
    for one in found.trials:
        options = ("yes" if option else "" for option in (one.recipe.equalize, one.recipe.correct_bias))
        table.add_row(one.recipe.method, *options, f"{one.accuracy:.2%}", str(one.flipped), f"{one.snr_db:.1f}")
    return table
