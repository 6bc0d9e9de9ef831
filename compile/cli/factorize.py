"""`tilewright factorize`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from .console import json_file, progress
from .options import Json, Weights, WeightsOut
from .recipe import Recipe


def factorize(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A zoo name (see `tilewright models`).")],
    output: WeightsOut,
    form: Annotated[
        str,
        typer.Option(help="spatial: k x 1 and 1 x k; low-rank: k x k and 1 x 1; depthwise: each channel's, and 1 x 1."),
    ] = "spatial",
    macs: Annotated[
        float | None, typer.Option(help="Share of the MACs that is left.", show_default="0.5, without --energy")
    ] = None,
    energy: Annotated[float | None, typer.Option(help="Share of each weight's squared norm that is kept.")] = None,
    layer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="This layer; may be repeated.", show_default="all")
    ] = None,
    round_to: Annotated[int, typer.Option(min=1, help="Ranks are multiples of this.")] = 8,
    recipe_file: Recipe = None,
    weights: Weights = None,
    json: Json = None,
) -> None:
    """Make two small convolutions of each large one, as near to it as they can be; then distill, or train on.

    The result is for --weights of the other verbs: `tilewright distill MODEL TEACHER --weights FILE`.
    """
    from ...models import zoo

    zoo.get(model)  # an unknown name, or torch missing, in one line
    from ...models.compress.factorize.run import FactorizeRecipe, factorize_model

    if energy is None and macs is None:
        macs = 0.5
    recipe = FactorizeRecipe(form, energy, macs, tuple(layer or ()), round_to)
    with json_file(json) as write:
        with progress() as tell:
            done = factorize_model(model, output, recipe, weights, tell)
        write({**asdict(done.after), "accuracy": done.accuracy_after, "accuracy_before": done.accuracy_before})
    before, after = done.before, done.after
    told = f"parameters {before.parameters:,} -> {after.parameters:,}, MACs {before.macs / 1e6:,.1f} M -> "
    told += f"{after.macs / 1e6:,.1f} M, {len(done.ranks)} convolutions taken apart"
    if done.accuracy_before is not None and done.accuracy_after is not None:
        told += f", calibration part {done.accuracy_before:.2%} -> {done.accuracy_after:.2%}"
    print(f"{output}: {model}, {told}")
