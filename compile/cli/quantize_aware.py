"""`tilewright quantize-aware`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import progress
from .options import Model, Threads, Weights
from .quantize_options import ActivationBits, Calib, CalibLimit, EdgeBits, Keep, WeightBits
from .train import each_epoch


def quantize_aware(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="The ONNX file to write; a log goes beside it.")],
    epochs: Annotated[int, typer.Option(min=1, help="Times through the training data.")] = 1,
    learning_rate: Annotated[float, typer.Option(help="The peak, after a tenth of all steps.")] = 1e-3,
    learned_step: Annotated[
        bool, typer.Option("--learned-step", help="Learn the steps between levels too (LSQ).")
    ] = False,
    bfloat16: Annotated[
        bool, typer.Option("--bfloat16", help="Convolve in bfloat16: faster on CPUs that have it.")
    ] = False,
    weight_bits: WeightBits = 8,
    activation_bits: ActivationBits = 8,
    edge_bits: EdgeBits = 8,
    method: Annotated[
        str, typer.Option(help="Ranges of activations: min-max, moving-average, percentile, entropy or mse.")
    ] = "percentile",
    keep: Keep = None,
    calib: Calib = None,
    limit: CalibLimit = None,
    threads: Threads = None,
    weights: Weights = None,
) -> None:
    """Train a model as its quantized form (8 or 4 bits), as an ONNX file with QDQ pairs.  Killed, it goes on."""
    from ...models.compress.quantization_aware import Training, train_quantized
    from ..quantizing import Recipe

    recipe = Recipe(
        method=method,
        weight_bits=weight_bits,
        activation_bits=activation_bits,
        edge_bits=edge_bits,
        keep=tuple(keep or ()),
    )
    training = Training(epochs, learning_rate, learned_step, bfloat16, threads=threads)
    with progress() as tell:
        told = {"on_epoch": each_epoch(model, tell), "progress": tell}
        done = train_quantized(model, output, recipe, training, calib=calib, limit=limit, weights=weights, **told)
    print(
        f"{output}: {done.quantized.source.name}, {done.quantized.coverage}; trained for {done.seconds:.0f} s, "
        f"calibration part {done.before:.2%} before, {done.after:.2%} after"
    )
