"""`tilewright quantize`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import TilewrightError
from .console import print_table, progress
from .options import Batch, Model, TargetName, Threads, Weights


def quantize(
    context: typer.Context,
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="The ONNX file to write.")],
    dynamic: Annotated[
        bool, typer.Option("--dynamic", help="No calibration: the activations' ranges are found at every run.")
    ] = False,
    calib: Annotated[
        str | None,
        typer.Option(
            metavar="DATA|FILE|FOLDER",
            help="Calibration data: a data set, an .npz of inputs, or a folder of pictures. [default: the model's own]",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The first so many pictures only. [default: 300]")] = None,
    method: Annotated[
        str,
        typer.Option(
            help="Ranges of activations: min-max, moving-average, percentile, entropy, mse; or best: try them."
        ),
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
    """Quantize an fp32 model to int8, calibrated on data, as an ONNX file with QDQ pairs; or dynamically."""
    from ..quantizing import Recipe, quantize_model
    from ..quantizing.compare import compare_recipes, recipes_to_try
    from ..quantizing.dynamic import DynamicRecipe, quantize_dynamic
    from ..quantizing.mixed import quantize_mixed
    from ..report.quantized_layers import layers_table, noises_table
    from ..report.trials_table import trials_table

    common: dict[str, Any] = {"per_channel": not per_tensor, "weight_bits": weight_bits, "equalize": equalize}
    common["keep"] = tuple(keep or ())
    given: dict[str, Any] = {"batch": batch, "weights": weights}
    found = trials = None
    with progress() as tell:
        if dynamic:
            _refuse_calibration(context)
            done = quantize_dynamic(model, output, DynamicRecipe(**common), **given, noises=layers, progress=tell)
        else:
            given |= {"calib": calib, "limit": limit}
            first = "percentile" if method == "best" else method
            chosen = {"method": first, "activations": activations, "symmetric": symmetric}
            recipe = Recipe(**common, **chosen, correct_bias=correct_bias)
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
    if done.noises:
        print_table(noises_table(done.noises))
    print(f"{output}: {done.source.name}, {done.coverage}; calibrated by {done.recipe.method} on {done.calibration}")


_STATIC = ("calib", "limit", "method", "activations", "symmetric", "correct_bias", "search", "max_drop", "threads")


def _refuse_calibration(context: typer.Context) -> None:
    """Raises TilewrightError for an option that means nothing to dynamic quantization."""
    for name in _STATIC:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = name.replace("_", "-")
            raise TilewrightError(f"--{option} has no meaning with --dynamic, which is not calibrated: leave one out")
