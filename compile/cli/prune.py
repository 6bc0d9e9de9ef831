"""`tilewright prune`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import TilewrightError
from .console import json_file, progress
from .options import Json, Weights, WeightsOut
from .recipe import Recipe
from .train import Bfloat16, each_epoch, in_bfloat16

if TYPE_CHECKING:
    from ...models.compress.prune.pruned import Pruned


def prune(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A zoo name (see `tilewright models`).")],
    output: WeightsOut,
    ratio: Annotated[
        float | None, typer.Option(help="Share of the channels, or weights or blocks, that goes.", show_default="0.5")
    ] = None,
    macs: Annotated[float | None, typer.Option(help="Share of the MACs that is left, in place of --ratio.")] = None,
    structure: Annotated[
        str,
        typer.Option(
            help="channels: a smaller network; weights: single ones, set to zero; blocks: eight together, of dense "
            "layers and 1x1 convolutions, which kernels skip."
        ),
    ] = "channels",
    criterion: Annotated[str, typer.Option(help="What goes first: l1, l2, bn-scale, taylor or random.")] = "l1",
    scope: Annotated[
        str,
        typer.Option(
            help="local: the same share of each layer; global: the least of all together; sensitivity: of each layer "
            "as much as moves the answer alike."
        ),
    ] = "local",
    layer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=RATIO", help="A layer's own ratio, or a part's, such as layer1=0.5; may be repeated."
        ),
    ] = None,
    schedule: Annotated[str, typer.Option(help="one-shot, linear, exponential or agp, over --steps.")] = "one-shot",
    steps: Annotated[int, typer.Option(min=1, help="How often some is taken, and --epochs follow.")] = 1,
    epochs: Annotated[int, typer.Option(min=0, help="Of fine-tuning, after each step.")] = 0,
    optimizer: Annotated[
        str | None,
        typer.Option(help="Of fine-tuning: sgd or adamw.", show_default="that of the model's training, else sgd"),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="The peak of fine-tuning.", show_default="0.02 by sgd, 0.002 by adamw")
    ] = None,
    round_to: Annotated[int, typer.Option(min=1, help="Channels are kept in multiples of this.")] = 8,
    start: Annotated[
        str, typer.Option(help="Train what is left as it is (fine-tune), from --rewind's weights (rewind), or random.")
    ] = "fine-tune",
    rewind: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Weights at initialization, or of an early epoch.")
    ] = None,
    seed: int = 0,
    recipe_file: Recipe = None,
    weights: Weights = None,
    bfloat16: Bfloat16 = None,
    json: Json = None,
) -> None:
    """Take channels out of a trained model, or set weights to zero, and fine-tune it.  Killed, it goes on.

    The result is for --weights of the other verbs: `tilewright bench MODEL --weights FILE`.
    """
    from ...models import zoo

    zoo.get(model)  # an unknown name, or torch missing, in one line
    from ...models.compress.prune.recipe import PruneRecipe
    from ...models.compress.prune.run import prune_model

    if ratio is not None and macs is not None:
        raise TilewrightError("--ratio and --macs each say how much goes: give one")
    own = dict(map(_layer_ratio, layer or []))
    halves = bool(epochs) and in_bfloat16(bfloat16)
    how = (schedule, steps, epochs, learning_rate, round_to, start, seed, macs, halves, optimizer)
    recipe = PruneRecipe(structure, criterion, 0.5 if ratio is None else ratio, scope, own, *how)  # pyright: ignore[reportArgumentType]
    with json_file(json) as write:
        with progress() as tell:
            done = prune_model(model, output, recipe, weights, rewind, each_epoch(model, tell), tell)
        write(done.to_json())
    print(f"{output}: {_summary(model, done)}")


def _layer_ratio(text: str) -> tuple[str, float]:
    name, _, ratio = text.rpartition("=")
    try:
        return name, float(ratio)
    except ValueError:
        raise TilewrightError(f"--layer {text!r}: write NAME=RATIO, such as layer1.0.conv1=0.3") from None


def _summary(model: str, done: Pruned) -> str:
    before, after = done.before, done.after
    parts = [
        f"parameters {before.parameters:,} -> {after.parameters:,}",
        f"MACs {before.macs / 1e6:,.1f} M -> {after.macs / 1e6:,.1f} M",
        f"zeros {after.zeros:.0%}",
    ]
    if done.accuracy_before is not None and done.accuracy_after is not None:
        parts.append(f"calibration part {done.accuracy_before:.2%} -> {done.accuracy_after:.2%}")
    return f"{model}, {', '.join(parts)}"
