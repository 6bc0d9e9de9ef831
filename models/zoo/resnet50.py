"""ResNet-50 v1.5 (He et al. 2015, arXiv:1512.03385), for 224x224 images, 32x32 ones and digits.

State-dict names are torchvision's, and so is the "v1.5": a bottleneck halves the picture in its 3x3 convolution, not
in the 1x1 before it as in the paper, which would throw three quarters of the pixels away.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from . import cifar, imagenet, mnist
from .conv_bn import conv_bn
from .model import random_weights

# The paper's table 1: width inside the bottlenecks, blocks, stride of the first block.
_STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
_EXPANSION = 4


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 beside a shortcut: (N, in, H, W) -> (N, 4 width, H / stride, W / stride)."""

    def __init__(self, channels_in: int, width: int, stride: int) -> None:
        super().__init__()
        channels_out = width * _EXPANSION
        self.conv1, self.bn1 = conv_bn(channels_in, width, 1, 1)
        self.conv2, self.bn2 = conv_bn(width, width, 3, stride)
        self.conv3, self.bn3 = conv_bn(width, channels_out, 1, 1)
        self.relu = nn.ReLU(inplace=True)
        same = stride == 1 and channels_in == channels_out
        self.downsample = None if same else nn.Sequential(*conv_bn(channels_in, channels_out, 1, stride))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """relu(residual(x) + shortcut(x))."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + shortcut)


def _stage(channels_in: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    """`blocks` bottlenecks, of which the first changes width and size."""
    rest = (Bottleneck(width * _EXPANSION, width, 1) for _ in range(blocks - 1))
    return nn.Sequential(Bottleneck(channels_in, width, stride), *rest)


class ResNet50(nn.Module):
    """(N, colours, H, W) images -> (N, classes) scores.

    The stem takes 224x224 images to 56x56, and 28x28 digits to 7x7; a `small_stem` is one 3x3 convolution, which
    leaves 32x32 images so.
    """

    def __init__(self, classes: int = 1000, colours: int = 3, small_stem: bool = False) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_bn(colours, 64, 3, 1) if small_stem else conv_bn(colours, 64, 7, 2)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.Identity() if small_stem else nn.MaxPool2d(3, stride=2, padding=1)
        inputs = [64, *(width * _EXPANSION for width, _, _ in _STAGES)]
        stages = [_stage(channels_in, *stage) for channels_in, stage in zip(inputs, _STAGES, strict=False)]
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(inputs[-1], classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Stem, four stages of bottlenecks, mean over the picture, one dense layer."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


MODELS = (
    imagenet.model("resnet50", "ResNet-50 v1.5, ImageNet form (He et al. 2015)", 50, ResNet50),
    cifar.model(
        "resnet50-cifar",
        "ResNet-50 v1.5, CIFAR form (He et al. 2015)",
        random_weights(50),
        partial(ResNet50, classes=len(cifar.LABELS), small_stem=True),
    ),
    mnist.model(
        "resnet50-mnist",
        "ResNet-50 v1.5, MNIST form (He et al. 2015)",
        random_weights(50),
        partial(ResNet50, classes=len(mnist.LABELS), colours=1),
    ),
)
