"""`tilewright quantize`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import progress
from .options import Batch, Model, Weights


def quantize(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="The ONNX file to write.")],
    calib: Annotated[
        str | None,
        typer.Option(
            metavar="DATA|FILE|FOLDER",
            help="Calibration data: a data set, an .npz of inputs, or a folder of pictures. [default: the model's own]",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The first so many pictures only. [default: 300]")] = None,
    method: Annotated[
        str, typer.Option(help="Ranges of activations: min-max, moving-average, percentile, entropy or mse.")
    ] = "percentile",
    activations: Annotated[str, typer.Option(help="uint8 or int8.")] = "uint8",
    symmetric: Annotated[bool, typer.Option("--symmetric", help="Ranges with 0 in the middle.")] = False,
    per_tensor: Annotated[bool, typer.Option("--per-tensor", help="One step a weight, not one a channel.")] = False,
    weight_bits: Annotated[int, typer.Option(help="8, or 7 for CPUs without an int8 dot product.")] = 8,
    equalize: Annotated[bool, typer.Option("--equalize", help="Cross-layer equalization first.")] = False,
    correct_bias: Annotated[bool, typer.Option("--correct-bias", help="Bias correction.")] = False,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="NODE|OPERATOR", help="Leave it fp32; may be repeated.")
    ] = None,
    batch: Batch = None,
    weights: Weights = None,
) -> None:
    """Quantize an fp32 model to int8, calibrated on data, as an ONNX file with QDQ pairs."""
    from ..quantizing import Recipe, quantize_model

    recipe = Recipe(
        method=method,
        activations=activations,
        symmetric=symmetric,
        per_channel=not per_tensor,
        weight_bits=weight_bits,
        equalize=equalize,
        correct_bias=correct_bias,
        keep=tuple(keep or ()),
    )
    with progress() as tell:
        done = quantize_model(
            model, output, recipe, calib=calib, limit=limit, batch=batch, weights=weights, progress=tell
        )
    print(f"{output}: {done.source.name}, {done.coverage}; calibrated by {method} on {done.calibration}")
