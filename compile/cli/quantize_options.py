"""Options that `quantize` and `quantize-aware` share."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import TilewrightError

Calib = Annotated[
    str | None,
    typer.Option(
        metavar="DATA|FILE|FOLDER",
        help="Calibration data: a data set, an .npz of inputs, or a folder of pictures.",
        show_default="the model's own",
    ),
]
CalibLimit = Annotated[int | None, typer.Option(min=1, help="The first so many pictures only.", show_default="300")]
WeightBits = Annotated[int, typer.Option(help="8, 7 for CPUs without an int8 dot product, or 4.")]
ActivationBits = Annotated[int, typer.Option(help="8, or 4 beside 4-bit weights.")]
EdgeBits = Annotated[
    int, typer.Option(help="With 4 bits: those of the network's inputs and results, and its first and last layer.")
]
Keep = Annotated[list[str] | None, typer.Option(metavar="NODE|OPERATOR", help="Leave it fp32; may be repeated.")]
Group = Annotated[
    int | None,
    typer.Option(help="With --weights-only: weights of a filter that share a scale.", show_default="by form"),
]
GROUP_ALONE = "--group is for --weights-only FORM: name the form too"


def refuse_all_but(context: typer.Context, known: set[str], mode: str) -> None:
    """Raises TilewrightError for an option that was given and means nothing here."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in known and source is not None and source.name == "COMMANDLINE":
            option = name.replace("_", "-")
            raise TilewrightError(f"--{option} has no meaning with {mode}, which is not calibrated: leave one out")
