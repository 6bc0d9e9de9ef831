"""What the ImageNet models share: the 224x224 RGB input as torchvision's weights expect it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...compile.processing import Postprocess, Preprocess
from .model import ZooModel, random_weights

if TYPE_CHECKING:
    from torch import nn

# torchvision's mean, and one over its standard deviation, on a scale from 0 to 255.
MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
SCALE = (1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255))
PREPROCESS = Preprocess(height=224, width=224, channels="RGB", mean=MEAN, scale=SCALE)


def model(name: str, title: str, seed: int, build: Callable[[], nn.Module]) -> ZooModel:
    """A classifier of 224x224 pictures whose published weights are not to be had here."""
    return ZooModel(
        name=name,
        title=title,
        input_shape=(1, 3, 224, 224),
        preprocess=PREPROCESS,
        postprocess=Postprocess("classify"),
        weights=random_weights(seed),
        build=build,
    )
