"""ResNet-20 and ResNet-56 for 32x32 images (He et al. 2015, arXiv:1512.03385, section 4.2), with published weights.

State-dict names are those of akamaster/pytorch_resnet_cifar10, so its .th files load strictly.  The shortcuts are the
paper's option A, which has no parameters: pick every second pixel, and let the new channels be zero.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from . import cifar
from .conv_bn import conv_bn
from .model import WeightSource, ZooModel
from .zero_pad import ZeroPad


class PaddedShortcut(nn.Module):
    """Option A at stride 2: (N, C, H, W) -> (N, C + 2 border, H / 2, W / 2), zeros before and after the channels."""

    def __init__(self, border: int) -> None:
        super().__init__()
        self.border = (0, 0, 0, 0, border, border)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Slice, then pad the channels."""
        return ZeroPad.apply(x[:, :, ::2, ::2], self.border)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut: (N, in, H, W) -> (N, out, H / stride, W / stride)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_bn(channels_in, channels_out, 3, stride)
        self.relu = nn.ReLU(inplace=True)
        self.conv2, self.bn2 = conv_bn(channels_out, channels_out, 3, 1)
        self.shortcut = nn.Identity() if stride == 1 else PaddedShortcut((channels_out - channels_in) // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """relu(residual(x) + shortcut(x))."""
        residual = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(residual + self.shortcut(x))


def _stage(channels_in: int, channels_out: int, blocks: int, stride: int) -> nn.Sequential:
    """`blocks` blocks, of which the first changes width and size."""
    rest = (BasicBlock(channels_out, channels_out, 1) for _ in range(blocks - 1))
    return nn.Sequential(BasicBlock(channels_in, channels_out, stride), *rest)


class CifarResNet(nn.Module):
    """(N, 3, 32, 32) images -> (N, classes) scores; 6 `blocks` + 2 weighted layers."""

    def __init__(self, blocks: int, classes: int = len(cifar.LABELS)) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_bn(3, 16, 3, 1)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = _stage(16, 16, blocks, 1)
        self.layer2 = _stage(16, 32, blocks, 2)
        self.layer3 = _stage(32, 64, blocks, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Stem, three stages, mean over the picture, one dense layer."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(torch.flatten(self.avgpool(x), 1))


def _model(layers: int, file: str) -> ZooModel:
    origin = "akamaster/pytorch_resnet_cifar10 @ d5489e89 (BSD-2-Clause)"
    return cifar.model(
        f"resnet{layers}",
        f"ResNet-{layers}, CIFAR-10 (He et al. 2015)",
        WeightSource("data", origin, file=f"cifar10-jpeg/{file}", seed=layers),
        partial(CifarResNet, (layers - 2) // 6),
    )


MODELS = (_model(20, "resnet20-12fca82f.th"), _model(56, "resnet56-4bfd9763.th"))
