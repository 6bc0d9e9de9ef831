"""What the CIFAR models share: 32x32 RGB input, normalized as akamaster's published CIFAR ResNets expect it."""

from __future__ import annotations

from ...compile.processing import Preprocess

# ImageNet's mean and standard deviation (not CIFAR's own), on a scale from 0 to 255: those ResNets saw no others.
PREPROCESS = Preprocess(
    height=32,
    width=32,
    channels="RGB",
    mean=(0.485 * 255, 0.456 * 255, 0.406 * 255),
    scale=(1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)),
)
LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
DATASETS = ("cifar10-jpeg", "cifar10")
