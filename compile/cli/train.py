"""`tilewright train`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import progress
from .options import Weights, WeightsOut, safetensors
from .recipe import Recipe

if TYPE_CHECKING:
    from ...models.training.schedule import Epoch
    from .console import Shown

Epochs = Annotated[
    int | None, typer.Option(min=1, help="Times through the training data.", show_default="the recipe's")
]
Rate = Annotated[float | None, typer.Option("--learning-rate", help="The peak.", show_default="the recipe's")]
Bfloat16 = Annotated[
    bool | None,
    typer.Option("--bfloat16/--float32", help="Convolve in bfloat16.", show_default="where the GPU or CPU has it"),
]


def in_bfloat16(chosen: bool | None) -> bool:
    """What was chosen, else whether this machine has it."""
    from ...models.training.device import bfloat16_here

    return bfloat16_here() if chosen is None else chosen


def each_epoch(model: str, shown: Shown) -> Callable[[Epoch], None]:
    """A line for each epoch of a training as it ends."""

    def on_epoch(epoch: Epoch) -> None:
        shown.keep(
            f"{model}: epoch {epoch.epoch}, loss {epoch.loss:.4f}, right {epoch.right:.2%}, {epoch.seconds:.0f} s"
        )

    return on_epoch


def train(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A zoo name (see `tilewright models`).")],
    output: WeightsOut,
    epochs: Epochs = None,
    learning_rate: Rate = None,
    bfloat16: Bfloat16 = None,
    batch: Annotated[int | None, typer.Option(min=1, show_default="the recipe's")] = None,
    seed: int = 0,
    recipe_file: Recipe = None,
    weights: Weights = "random",
    save_start: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", callback=safetensors, help="Write what it starts from too: for `prune --start rewind`."
        ),
    ] = None,
    stop_after: Annotated[
        int | None,
        typer.Option(min=1, metavar="EPOCH", help="End with its weights; without it, the same command then goes on."),
    ] = None,
) -> None:
    """Train a zoo model by its recipe, on a GPU where there is one.

    Killed, the same command goes on after the last epoch.
    """
    from ...models import zoo

    zoo.get(model)  # an unknown name, or torch missing, in one line
    from ...models.training.run import train_model

    values = {"epochs": epochs, "peak_rate": learning_rate, "batch": batch, "seed": seed}
    given = {name: value for name, value in values.items() if value is not None}
    given["bfloat16"] = in_bfloat16(bfloat16)
    with progress() as tell:
        on_epoch = each_epoch(model, tell)
        train_model(model, output, lambda one: replace(one, **given), weights, save_start, on_epoch, tell, stop_after)
    print(f"{output}: written; `tilewright eval {model} --weights {output}` tells how good it is")
