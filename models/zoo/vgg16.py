"""VGG-16 (Simonyan and Zisserman 2014, arXiv:1409.1556, configuration D), for 224x224 images and for 32x32 ones.

State-dict names are torchvision's (vgg16, without BatchNorm) and those of kuangliu/pytorch-cifar, whose CIFAR form has
BatchNorm and one dense layer in place of three.
"""

from __future__ import annotations

import torch
from torch import nn

from . import cifar, imagenet
from .model import random_weights

# Widths of the 3x3 convolutions; after each stage the picture is halved.
_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def _features(batch_norm: bool) -> nn.Sequential:
    """(N, 3, H, W) -> (N, 512, H / 32, W / 32), as one flat sequence."""
    layers: list[nn.Module] = []
    channels = 3
    for stage in _STAGES:
        for width in stage:
            layers.append(nn.Conv2d(channels, width, kernel_size=3, padding=1))
            layers += [nn.BatchNorm2d(width)] if batch_norm else []
            layers.append(nn.ReLU(inplace=True))
            channels = width
        layers.append(nn.MaxPool2d(2))
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


class CifarVGG16(nn.Module):
    """(N, 3, 32, 32) images -> (N, classes) scores."""

    def __init__(self, classes: int = len(cifar.LABELS)) -> None:
        super().__init__()
        self.features = _features(batch_norm=True)
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
        CifarVGG16,
    ),
)
