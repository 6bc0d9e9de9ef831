"""`tilewright quantize`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import TilewrightError
from .console import print_table, progress
from .options import Batch, Model, TargetName, Threads, Weights
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

if TYPE_CHECKING:
    from ..quantizing import Quantized


def quantize(
    context: typer.Context,
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="The ONNX file to write.")],
    dynamic: Annotated[
        bool, typer.Option("--dynamic", help="No calibration: the activations' ranges are found at every run.")
    ] = False,
    calib: Calib = None,
    limit: CalibLimit = None,
    method: Annotated[
        str,
        typer.Option(
            help="Ranges of activations: min-max, moving-average, percentile, entropy, mse; or best: try them."
        ),
    ] = "percentile",
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
    weights_only: Annotated[
        str | None,
        typer.Option(metavar="FORM", help="For size: weights as fp16, int8, int4, int2 or float8, computing in fp32."),
    ] = None,
    group: Group = None,
    target: TargetName = "native",
    threads: Threads = None,
    batch: Batch = None,
    weights: Weights = None,
) -> None:
    """Quantize an fp32 model to 8 or 4 bits, as an ONNX file: calibrated, or dynamically, or its weights alone."""
    given: dict[str, Any] = {"batch": batch, "weights": weights}
    if weights_only is not None:
        refuse_all_but(context, _WEIGHTS_ONLY, "--weights-only")
        _store_weights(model, output, weights_only, group, given)
        return
    if group is not None:
        raise TilewrightError(GROUP_ALONE)
    common: dict[str, Any] = {"per_channel": not per_tensor, "weight_bits": weight_bits, "equalize": equalize}
    common["keep"] = tuple(keep or ())
    if dynamic:
        refuse_all_but(context, _DYNAMIC, "--dynamic")
        _quantize_dynamic(model, output, common, layers, given)
        return
    from ..quantizing import Recipe, quantize_model
    from ..quantizing.compare import compare_recipes, recipes_to_try
    from ..quantizing.mixed import quantize_mixed
    from ..report.quantized_layers import layers_table
    from ..report.trials_table import trials_table

    given |= {"calib": calib, "limit": limit}
    chosen: dict[str, Any] = {"activations": activations, "symmetric": symmetric, "correct_bias": correct_bias}
    chosen |= {"activation_bits": activation_bits, "edge_bits": edge_bits}
    recipe = Recipe(**common, **chosen, method="percentile" if method == "best" else method)
    found = trials = None
    with progress() as tell:
        if method == "best":
            trials = compare_recipes(model, recipes_to_try(recipe), **given, progress=tell)
            recipe = trials.best
        if search:
            options = {"target": target, "threads": threads, **given}
            done, found = quantize_mixed(model, output, recipe, max_drop / 100, **options, progress=tell)
        else:
            done = quantize_model(model, output, recipe, **given, noises=layers, progress=tell)
    if trials is not None:
        print_table(trials_table(trials))
    if found is not None:
        print_table(layers_table(found))
        if found.warning:
            typer.echo(f"warning: {output}: {found.warning}", err=True)
    _tell(output, done)


# The options that mean something to these.
_COMMON = {"model", "output", "batch", "weights"}
_DYNAMIC = _COMMON | {"dynamic", "per_tensor", "weight_bits", "equalize", "keep", "layers"}
_WEIGHTS_ONLY = _COMMON | {"weights_only", "group"}


def _quantize_dynamic(model: str, output: Path, common: dict[str, Any], layers: bool, given: dict[str, Any]) -> None:
    from ..quantizing.dynamic import DynamicRecipe, quantize_dynamic

    with progress() as tell:
        done = quantize_dynamic(model, output, DynamicRecipe(**common), **given, noises=layers, progress=tell)
    _tell(output, done)


def _store_weights(model: str, output: Path, form: str, group: int | None, given: dict[str, Any]) -> None:
    from ..quantizing.weights_only import quantize_weights

    with progress() as tell:
        done = quantize_weights(model, output, form, group, **given, progress=tell)
    print(f"{output}: {done.source.name}, {done.coverage}")


def _tell(output: Path, done: Quantized) -> None:
    from ..report.quantized_layers import noises_table

    if done.noises:
        print_table(noises_table(done.noises))
    print(f"{output}: {done.source.name}, {done.coverage}; calibrated by {done.recipe.method} on {done.calibration}")
