"""`tilewright quantize`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .console import print_table, progress
from .options import Batch, Model, TargetName, Threads, Weights
from .quantize_options import ActivationBits, Calib, CalibLimit, EdgeBits, Keep, RangeMethod, WeightBits


def quantize(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="The ONNX file to write.")],
    calib: Calib = None,
    limit: CalibLimit = None,
    method: RangeMethod = "percentile",
    activations: Annotated[str, typer.Option(help="uint8 or int8.")] = "uint8",
    symmetric: Annotated[bool, typer.Option("--symmetric", help="Ranges with 0 in the middle.")] = False,
    per_tensor: Annotated[bool, typer.Option("--per-tensor", help="One step a weight, not one a channel.")] = False,
    weight_bits: WeightBits = 8,
    activation_bits: ActivationBits = 8,
    edge_bits: EdgeBits = 8,
    equalize: Annotated[bool, typer.Option("--equalize", help="Cross-layer equalization first.")] = False,
    correct_bias: Annotated[bool, typer.Option("--correct-bias", help="Bias correction.")] = False,
    keep: Keep = None,
    layers: Annotated[bool, typer.Option("--layers", help="Show how far each layer lies from fp32.")] = False,
    search: Annotated[
        bool, typer.Option("--search", help="Leave layers fp32 where int8 is no faster, or costs too much accuracy.")
    ] = False,
    max_drop: Annotated[
        float, typer.Option(min=0.0, help="With --search: points of accuracy that may be lost on the calibration part.")
    ] = 0.5,
    target: TargetName = "native",
    threads: Threads = None,
    batch: Batch = None,
    weights: Weights = None,
) -> None:
    """Quantize an fp32 model to 8 or 4 bits, calibrated on data, as an ONNX file with QDQ pairs."""
    from ..quantizing import Recipe, quantize_model
    from ..quantizing.mixed import quantize_mixed
    from ..report.quantized_layers import layers_table, noises_table

    recipe = Recipe(
        method=method,
        activations=activations,
        symmetric=symmetric,
        per_channel=not per_tensor,
        weight_bits=weight_bits,
        activation_bits=activation_bits,
        edge_bits=edge_bits,
        equalize=equalize,
        correct_bias=correct_bias,
        keep=tuple(keep or ()),
    )
    given: dict[str, Any] = {"calib": calib, "limit": limit, "batch": batch, "weights": weights}
    with progress() as tell:
        if search:
            options = {"target": target, "threads": threads, **given}
            done, found = quantize_mixed(model, output, recipe, max_drop / 100, **options, progress=tell)
        else:
            done, found = quantize_model(model, output, recipe, **given, noises=layers, progress=tell), None
    if found is not None:
        print_table(layers_table(found))
    if done.noises:
        print_table(noises_table(done.noises))
    print(f"{output}: {done.source.name}, {done.coverage}; calibrated by {method} on {done.calibration}")
