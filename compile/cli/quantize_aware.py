"""`tilewright quantize-aware`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import TilewrightError
from .console import progress
from .options import Model, Threads, Weights
from .quantize_options import (
    GROUP_ALONE,
    ActivationBits,
    Calib,
    CalibLimit,
    EdgeBits,
    Group,
    Keep,
    WeightBits,
    refuse_all_but,
)
from .train import each_epoch


def quantize_aware(
    context: typer.Context,
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
    weights_only: Annotated[
        str | None,
        typer.Option(metavar="FORM", help="For size: weights of int8, int4 or int2, computing in fp32 (LSQ)."),
    ] = None,
    group: Group = None,
    calib: Calib = None,
    limit: CalibLimit = None,
    seed: int = 0,
    threads: Threads = None,
    weights: Weights = None,
) -> None:
    """Train a model as its quantized form (8 or 4 bits, or its weights alone), as an ONNX file.  Killed, it goes on."""
    from ...models.compress.quantize.as_pairs import train_quantized
    from ...models.compress.quantize.as_stored import train_stored
    from ...models.compress.quantize.training import Training
    from ..quantizing import Recipe

    training = Training(epochs, learning_rate, learned_step, bfloat16, seed, threads)
    with progress() as tell:
        told = {"weights": weights, "on_epoch": each_epoch(model, tell), "progress": tell}
        if weights_only is not None:
            refuse_all_but(context, _WEIGHTS_ONLY, "--weights-only")
            done = train_stored(model, output, weights_only, training, group, **told)
        else:
            if group is not None:
                raise TilewrightError(GROUP_ALONE)
            recipe = Recipe(
                method=method,
                weight_bits=weight_bits,
                activation_bits=activation_bits,
                edge_bits=edge_bits,
                keep=tuple(keep or ()),
            )
            done = train_quantized(model, output, recipe, training, calib=calib, limit=limit, **told)
    print(
        f"{output}: {done.source.name}, {done.coverage}; trained for {done.seconds:.0f} s, "
        f"calibration part {done.before:.2%} before, {done.after:.2%} after"
    )


# The options that mean something to weights alone.
_WEIGHTS_ONLY = {
    *("model", "output", "epochs", "learning_rate", "learned_step", "bfloat16"),
    *("weights_only", "group", "seed", "threads", "weights"),
}
