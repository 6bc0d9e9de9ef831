"""What the CIFAR models share: 32x32 RGB input, normalized as akamaster's published CIFAR ResNets expect it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...compile.processing import Postprocess, Preprocess
from .imagenet import MEAN, SCALE
from .model import WeightSource, ZooModel

if TYPE_CHECKING:
    from torch import nn

# ImageNet's mean and standard deviation (not CIFAR's own): those ResNets saw no others.
PREPROCESS = Preprocess(height=32, width=32, channels="RGB", mean=MEAN, scale=SCALE)
LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def model(
    name: str,
    title: str,
    weights: WeightSource,
    build: Callable[[], nn.Module],
    labels: tuple[str, ...] = LABELS,
    datasets: tuple[str, ...] = ("cifar10-jpeg", "cifar10"),
) -> ZooModel:
    """A classifier of CIFAR-10's pictures, or of those with other `labels`."""
    return ZooModel(
        name=name,
        title=title,
        input_shape=(1, 3, 32, 32),
        preprocess=PREPROCESS,
        postprocess=Postprocess("classify", labels=labels),
        weights=weights,
        build=build,
        datasets=datasets,
    )
