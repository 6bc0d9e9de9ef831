"""`tilewright models`."""

from __future__ import annotations

from dataclasses import asdict

from .console import json_file, print_table
from .options import Json


def models(json: Json = None) -> None:
    """List the zoo: parameters, multiply-accumulates, input, and where the weights come from."""
    from rich.table import Table

    from ...models.listing import listed

    summaries = listed()
    with json_file(json) as write:
        write([asdict(summary) for summary in summaries])
    table = Table(box=None, header_style="bold")
    for column, justify in [("model", "left"), ("parameters", "right"), ("MACs", "right"), ("input", "right")]:
        table.add_column(column, justify=justify)  # pyright: ignore[reportArgumentType]
    table.add_column("weights")
    table.add_column("data")
    for one in summaries:
        shape = "x".join(map(str, one.input_shape))
        table.add_row(
            one.name, f"{one.parameters:,}", f"{one.macs / 1e6:,.1f} M", shape, one.weights, ", ".join(one.datasets)
        )
    print_table(table)
