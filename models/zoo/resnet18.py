"""ResNet-18 (He et al. 2015, arXiv:1512.03385), state-dict names as in torchvision.

The ImageNet form takes 224x224 pictures.  The CIFAR form, as in kuangliu/pytorch-cifar, takes 32x32 ones: its first
convolution is 3x3 at stride 1, and nothing is pooled after it.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from ..data import cifar100
from . import cifar, imagenet
from .conv_bn import conv_bn
from .model import WeightSource, random_weights


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut: (N, in, H, W) -> (N, out, H / stride, W / stride)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_bn(channels_in, channels_out, 3, stride)
        self.relu = nn.ReLU(inplace=True)
        self.conv2, self.bn2 = conv_bn(channels_out, channels_out, 3, 1)
        same = stride == 1 and channels_in == channels_out
        self.downsample = None if same else nn.Sequential(*conv_bn(channels_in, channels_out, 1, stride))

    def forward(self, x: torch.Tensor, activate: bool = True) -> torch.Tensor:
        """relu(residual(x) + shortcut(x)); without `activate` what the last ReLU would be given."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x)) + shortcut
        return self.relu(x) if activate else x


def stage(channels_in: int, channels_out: int, stride: int) -> nn.Sequential:
    """Two blocks, of which the first changes width and size."""
    return nn.Sequential(BasicBlock(channels_in, channels_out, stride), BasicBlock(channels_out, channels_out, 1))


class ResNet18(nn.Module):
    """(N, 3, H, W) images -> (N, classes) scores; `width` is the channels of the first stage, doubled by each later."""

    def __init__(self, classes: int = 1000, width: int = 64, small_images: bool = False) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_bn(3, width, 3, 1) if small_images else conv_bn(3, width, 7, 2)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.Identity() if small_images else nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = stage(width, width, 1)
        self.layer2 = stage(width, 2 * width, 2)
        self.layer3 = stage(2 * width, 4 * width, 2)
        self.layer4 = stage(4 * width, 8 * width, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8 * width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Stem, four stages of two blocks, mean over the picture, one dense layer."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def _small(width: int) -> ResNet18:
    return ResNet18(classes=len(cifar.LABELS), width=width, small_images=True)


MODELS = (
    cifar.model(
        "resnet18-cifar100",
        "ResNet-18, CIFAR-100 form (He et al. 2015)",
        random_weights(18),
        partial(ResNet18, classes=len(cifar100.CLASSES), small_images=True),
        cifar100.CLASSES,
        ("cifar100",),
    ),
    imagenet.model("resnet18", "ResNet-18, ImageNet form (He et al. 2015)", 18, ResNet18),
    cifar.model("resnet18-cifar", "ResNet-18, CIFAR form (He et al. 2015)", random_weights(18), lambda: _small(64)),
    cifar.model(
        "resnet18-cifar-half",
        "ResNet-18, CIFAR form at half the width",
        WeightSource("packaged", "trained here on CIFAR-10-JPEG", file="resnet18-cifar-half.safetensors"),
        lambda: _small(32),
    ),
)
