"""A pruning run from top to bottom: load, prune, fine-tune, again, and write the smaller network."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from ....compile.errors import TilewrightError
from ....compile.progress import Progress, silent
from ...loading import LoadedModel, load_model
from ...training.loop import Task
from ...training.recipes import fine_tuning_schedule, fine_tuning_task
from ...training.results import write_log, write_weights
from ...training.schedule import Epoch, Schedule
from ...training.trainer import run_epochs
from ...training.zeros import keep_zeros
from ..judge_trained import accuracy_if_any, pictures_of
from ..restructure import PRUNED
from .channel_graph import Selection, prunable, take_out
from .channel_scores import Loss
from .lottery import restart
from .masks import take_off
from .pruned import Pruned
from .recipe import PruneRecipe
from .saved_step import SavedStep, read_saved
from .size import size_of
from .step import Channels, Weights

_TAYLOR_BATCH = 256
_FELT = 64  # pictures whose answers may move


def prune_model(
    name: str,
    out: Path,
    recipe: PruneRecipe,
    weights: str | Path | None = None,
    rewound: Path | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    progress: Progress = silent,
) -> Pruned:
    """Prune a zoo model and write it to `out`, safetensors that `--weights` takes; a log of the epochs goes beside it.

    `rewound` are the weights that the recipe's start "rewind" goes back to.
    Killed, the same call goes on after the last epoch.  Raises TilewrightError for a model that is no zoo model's name,
    and where fine-tuning or "taylor" lack data.
    """
    if (recipe.start == "rewind") != (rewound is not None):
        raise TilewrightError("--start rewind and --rewind FILE go together")
    whole, early = load_model(name, weights), None if rewound is None else load_model(name, rewound)
    if early is not None and _shapes(early) != _shapes(whole):
        raise TilewrightError(f"--rewind {rewound}: its layers have other sizes than those of {whole.weights}")
    return _Run(whole, early, recipe, out, on_epoch, progress).go()


def _shapes(loaded: LoadedModel) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in loaded.module.state_dict().items()}


class _Run:
    def __init__(
        self,
        loaded: LoadedModel,
        early: LoadedModel | None,
        recipe: PruneRecipe,
        out: Path,
        on_epoch: Callable[[Epoch], None],
        progress: Progress,
    ) -> None:
        self._metadata = loaded.metadata
        self._early = None if early is None else early.module
        self._zoo, self._network, self._recipe, self._out = loaded.zoo, loaded.module, recipe, out
        self._on_epoch, self._progress = on_epoch, progress
        self._example = torch.randn(loaded.zoo.input_shape, generator=torch.Generator().manual_seed(recipe.seed))
        self._made_of = {"model": loaded.sha256, "early": early and early.sha256, **recipe.to_json()}
        self._task = self._needed_task()

    def _needed_task(self) -> Task | None:
        if not self._recipe.epochs and self._recipe.criterion != "taylor":
            return None
        self._progress(f"reading the training data of {self._zoo.name}")
        return fine_tuning_task(self._zoo)

    def go(self) -> Pruned:
        before, accuracy_before = size_of(self._network, self._example), self._accuracy()
        saved_at = self._out.with_suffix(".steps")
        saved, what = read_saved(saved_at, self._made_of), self._what()
        for chosen in saved.chosen:
            what.repeat(chosen)
            self._leave_behind(chosen)
        if saved.state:
            self._network.load_state_dict(saved.state)
        for step in range(len(saved.chosen), self._recipe.steps):
            saved = self._step(step, what, saved)
            saved.write(saved_at)
            self._checkpoint(step).unlink(missing_ok=True)
        take_off(self._network)
        write_weights(self._network, self._out, metadata={**self._metadata, PRUNED: json.dumps(self._recipe.to_json())})
        write_log(saved.log, self._out)
        done = Pruned(before, size_of(self._network, self._example), accuracy_before, self._accuracy(), saved.log)
        saved_at.unlink(missing_ok=True)
        return done

    def _what(self) -> Channels | Weights:
        if self._recipe.structure != "channels":
            return Weights(self._network, self._recipe)
        self._progress(f"which channels of {self._zoo.name} can be taken out")
        roots = prunable(self._network, self._example)
        unknown = self._recipe.without_a_layer(roots)
        if unknown or not roots:
            raise TilewrightError(
                f"{self._zoo.name}: no channels of {', '.join(unknown) or 'its layers'} can be taken out"
            )
        what = Channels(self._network, self._example, roots, self._recipe)
        if self._recipe.scope == "sensitivity":
            self._progress(f"what the layers of {self._zoo.name} mean to its answer")
            what.feel(pictures_of(self._zoo, _FELT), self._loss())
        return what

    def _step(self, step: int, what: Channels | Weights, saved: SavedStep) -> SavedStep:
        self._progress(f"{self._zoo.name}: what goes", step, self._recipe.steps)
        taken = what.prune(self._recipe.shares[step], self._loss())
        chosen = {root: list(channels) for root, channels in taken.items()}
        self._leave_behind(chosen)
        early = None if self._early is None else self._early.state_dict()
        restart(self._network, self._recipe.start, early, self._recipe.seed)
        if self._recipe.start == "fine-tune":
            keep_zeros(self._network)
        log = list(saved.log)
        if self._task is not None and self._recipe.epochs:
            settings = {**self._made_of, "step": step}
            watched = {"on_epoch": self._on_epoch, "progress": self._progress}
            epochs = run_epochs(
                self._network, self._task, self._schedule(), self._checkpoint(step), settings, **watched
            )
            log += [{"step": step + 1, "ratio": round(what.gone, 4), **line} for line in epochs]
            self._network.eval()
        return SavedStep(self._made_of, [*saved.chosen, chosen], deepcopy(self._network.state_dict()), log)

    def _leave_behind(self, chosen: Selection) -> None:
        """The early network loses the same channels: it is what the weights go back to."""
        if self._early is not None:
            take_out(self._early, self._example, chosen)

    def _checkpoint(self, step: int) -> Path:
        return self._out.with_suffix(f".step{step}.checkpoint")

    def _schedule(self) -> Schedule:
        recipe, gentle = self._recipe, fine_tuning_schedule(self._zoo, self._recipe.optimizer)
        rate = gentle.peak_rate if recipe.learning_rate is None else recipe.learning_rate
        return replace(gentle, epochs=recipe.epochs, peak_rate=rate, bfloat16=recipe.bfloat16, seed=recipe.seed)

    def _loss(self) -> Loss | None:
        task = self._task
        if self._recipe.criterion != "taylor" or task is None:
            return None

        def loss(network: nn.Module) -> torch.Tensor:
            generator = torch.Generator().manual_seed(self._recipe.seed)
            chosen = torch.randperm(task.count, generator=generator)[:_TAYLOR_BATCH]
            return task.loss(network, *task.batch(chosen, 1.0, generator))[0]

        return loss

    def _accuracy(self) -> float | None:
        return accuracy_if_any(self._network, self._zoo)
