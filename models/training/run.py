"""Train a network of the zoo by its recipe, from top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from ...compile.errors import unknown_name
from ...compile.progress import Progress, silent
from ..loading import digest, load_model
from .recipes import RECIPES, task_of
from .results import write_weights
from .schedule import Epoch, Schedule
from .trainer import train
from .zeros import keep_zeros


def train_model(
    name: str,
    out: Path,
    change: Callable[[Schedule], Schedule] = lambda schedule: schedule,
    weights: str | Path | None = "random",
    start: Path | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    progress: Progress = silent,
    stop_after: int | None = None,
) -> None:
    """Train the zoo model `name` and write it to `out`, safetensors; the log goes beside it.

    `change` is applied to the recipe's schedule; `weights` is what it starts from, "random" for what its layers draw
    from the schedule's seed; what that was is written to `start` too.  It goes `stop_after` epochs of the schedule.
    Raises TilewrightError for a model without a recipe or data.
    """
    if name not in RECIPES:
        raise unknown_name("recipe", name, RECIPES)
    schedule = change(RECIPES[name].schedule)
    progress(f"reading the training data of {name}")
    zoo, task = task_of(name)
    if str(weights) == "random":
        torch.manual_seed(schedule.seed)
        network, metadata = zoo.build(), {}
    else:
        loaded = load_model(name, weights)
        network, metadata = loaded.module, loaded.metadata
        keep_zeros(network)
    settings = {"model": name, "start": digest(network.state_dict())}
    if start is not None:
        write_weights(network, start, metadata=metadata)
    train(network, task, schedule, out, on_epoch, metadata, progress, stop_after, settings=settings)
