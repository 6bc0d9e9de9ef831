"""VGG-16 (Simonyan and Zisserman 2014, arXiv:1409.1556, configuration D), for 224x224, 32x32 and 28x28 images.

State-dict names are torchvision's (vgg16, without BatchNorm) and those of kuangliu/pytorch-cifar, whose CIFAR form has
BatchNorm and one dense layer in place of three.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from . import cifar, imagenet, mnist
from .model import random_weights

# Widths of the 3x3 convolutions; after each stage the picture is halved.
_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def _features(batch_norm: bool, colours: int = 3, halvings: int = 5) -> nn.Sequential:
    """(N, colours, H, W) -> (N, 512, H / 2^halvings, W / 2^halvings), as one flat sequence."""
    layers: list[nn.Module] = []
    channels = colours
    for number, stage in enumerate(_STAGES):
        for width in stage:
            layers.append(nn.Conv2d(channels, width, kernel_size=3, padding=1))
            layers += [nn.BatchNorm2d(width)] if batch_norm else []
            layers.append(nn.ReLU(inplace=True))
            channels = width
        layers += [nn.MaxPool2d(2)] if number < halvings else []
    return nn.Sequential(*layers)


class VGG16(nn.Module):
    """(N, 3, 224, 224) images -> (N, classes) scores.  At this size avgpool changes nothing."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.features = _features(batch_norm=False)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            *(nn.Linear(512 * 7 * 7, 4096), nn.ReLU(inplace=True), nn.Dropout()),
            *(nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout()),
            nn.Linear(4096, classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Thirteen convolutions, three dense layers."""
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class SmallVGG16(nn.Module):
    """(N, colours, H, W) images, of a size that its `halvings` take to one pixel -> (N, classes) scores."""

    def __init__(self, classes: int = len(cifar.LABELS), colours: int = 3, halvings: int = 5) -> None:
        super().__init__()
        self.features = _features(batch_norm=True, colours=colours, halvings=halvings)
        self.classifier = nn.Linear(512, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Thirteen convolutions, which leave one pixel, and one dense layer."""
        return self.classifier(torch.flatten(self.features(x), 1))


MODELS = (
    imagenet.model("vgg16", "VGG-16, ImageNet form (Simonyan and Zisserman 2014)", 16, VGG16),
    cifar.model(
        "vgg16-cifar",
        "VGG-16 with BatchNorm, CIFAR form (Simonyan and Zisserman 2014)",
        random_weights(16),
        SmallVGG16,
    ),
    mnist.model(
        "vgg16-mnist",
        "VGG-16 with BatchNorm, without its last pooling, MNIST form (Simonyan and Zisserman 2014)",
        random_weights(16),
        partial(SmallVGG16, classes=len(mnist.LABELS), colours=1, halvings=4),
    ),
)
