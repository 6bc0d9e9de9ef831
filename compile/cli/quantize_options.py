"""Options that `quantize` and `quantize-aware` share."""

from __future__ import annotations

from typing import Annotated

import typer

Calib = Annotated[
    str | None,
    typer.Option(
        metavar="DATA|FILE|FOLDER",
        help="Calibration data: a data set, an .npz of inputs, or a folder of pictures. [default: the model's own]",
    ),
]
CalibLimit = Annotated[int | None, typer.Option(min=1, help="The first so many pictures only. [default: 300]")]
WeightBits = Annotated[int, typer.Option(help="8, 7 for CPUs without an int8 dot product, or 4.")]
ActivationBits = Annotated[int, typer.Option(help="8, or 4 beside 4-bit weights.")]
EdgeBits = Annotated[
    int, typer.Option(help="With 4 bits: those of the network's inputs and results, and its first and last layer.")
]
Keep = Annotated[list[str] | None, typer.Option(metavar="NODE|OPERATOR", help="Leave it fp32; may be repeated.")]
