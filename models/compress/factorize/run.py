"""A factorization from top to bottom: load, choose the ranks, take apart, and write the smaller network."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ....compile.errors import TilewrightError
from ....compile.progress import Progress, silent
from ...loading import load_model
from ...training.results import write_weights
from ..judge_trained import accuracy_if_any
from ..prune.size import Size, size_of
from ..restructure import FACTORIZED
from .ranks import Spectra, put_in, spectra_of

_HALVINGS = 12


@dataclass(frozen=True)
class FactorizeRecipe:
    """`energy` is the share of each layer's squared norm that is kept; `macs`, in its place, what is left in the end.

    form      "low-rank", "spatial" or "depthwise": see forms.py
    layers    those to take apart; all that can be, where empty
    round_to  ranks are whole multiples of this, where there are twice as many
    """

    form: str = "spatial"
    energy: float | None = None
    macs: float | None = None
    layers: tuple[str, ...] = ()
    round_to: int = 8

    def __post_init__(self) -> None:
        """Raises TilewrightError for a value that means nothing."""
        if (self.energy is None) == (self.macs is None):
            raise TilewrightError("--energy and --macs each say how much is kept: give one")
        for name, share in {"--energy": self.energy, "--macs": self.macs}.items():
            if share is not None and not 0 < share <= 1:
                raise TilewrightError(f"{name} {share}: give a share above 0 and at most 1")


@dataclass(frozen=True)
class Factorized:
    """Sizes and accuracies (on the calibration part; None without data) before and after, and each layer's rank."""

    before: Size
    after: Size
    accuracy_before: float | None
    accuracy_after: float | None
    ranks: dict[str, int]


def factorize_model(
    name: str, out: Path, recipe: FactorizeRecipe, weights: str | Path | None = None, progress: Progress = silent
) -> Factorized:
    """Take a zoo model apart and write it to `out`, safetensors that `--weights` takes.

    Raises TilewrightError for a model or layer that is none, and where it has been taken apart before.
    """
    loaded = load_model(name, weights)
    if FACTORIZED in loaded.metadata:
        raise TilewrightError(f"{weights} has been factorized already: name the weights that it was made of")
    network, example = loaded.module, torch.zeros(loaded.zoo.input_shape)

    before, accuracy_before = size_of(network, example), accuracy_if_any(network, loaded.zoo)
    progress(f"{name}: singular values")
    spectra = spectra_of(network, recipe.form, recipe.layers)
    ranks = _ranks(network, example, spectra, recipe)
    put_in(network, recipe.form, ranks)
    made: dict[str, Any] = {"form": recipe.form, "ranks": ranks}
    write_weights(network, out, metadata={**loaded.metadata, FACTORIZED: json.dumps(made)})
    accuracy_after = accuracy_if_any(network, loaded.zoo)
    return Factorized(before, size_of(network, example), accuracy_before, accuracy_after, ranks)


def _ranks(network: nn.Module, example: torch.Tensor, spectra: Spectra, recipe: FactorizeRecipe) -> dict[str, int]:
    """At the recipe's energy, or at the most that leaves so few multiply-accumulates."""
    if recipe.energy is not None:
        return spectra.ranks(network, recipe.energy, recipe.round_to)
    assert recipe.macs is not None

    def macs_at(energy: float) -> int:
        taken_apart = deepcopy(network)
        put_in(taken_apart, recipe.form, spectra.ranks(network, energy, recipe.round_to), fill=False)
        return size_of(taken_apart, example).macs

    whole = size_of(network, example).macs
    low, high = 0.0, 1.0
    if (least := macs_at(low)) > recipe.macs * whole:
        raise TilewrightError(
            f"--macs {recipe.macs}: {least / whole:.0%} is the least that --form {recipe.form} leaves"
        )
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if macs_at(middle) <= recipe.macs * whole else (low, middle)
    return spectra.ranks(network, low, recipe.round_to)
