"""MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381), state-dict names as in torchvision.

The ImageNet form takes 224x224 pictures.  The CIFAR form, as in kuangliu/pytorch-cifar and
chenyaofo/pytorch-cifar-models, takes 32x32 ones: the stem and the stage of 24 channels have stride 1.  The MNIST form
takes 28x28 digits, which the stem halves: only the stage of 24 channels has stride 1.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from . import cifar, imagenet, mnist
from .conv_bn import conv_bn
from .model import WeightSource

# The paper's table 2: expansion, output channels, blocks, stride of the first block.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def _conv_bn_relu6(channels_in: int, channels_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(*conv_bn(channels_in, channels_out, kernel, stride, groups), nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """Widen by `expansion`, filter each channel, project back: (N, in, H, W) -> (N, out, H / stride, W / stride)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = channels_in * expansion
        self.conv = nn.Sequential(
            *([] if expansion == 1 else [_conv_bn_relu6(channels_in, hidden, 1)]),
            _conv_bn_relu6(hidden, hidden, 3, stride, groups=hidden),
            *conv_bn(hidden, channels_out, 1),
        )
        self.has_shortcut = stride == 1 and channels_in == channels_out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """conv(x), plus x where the shapes allow it."""
        return x + self.conv(x) if self.has_shortcut else self.conv(x)


class MobileNetV2(nn.Module):
    """(N, colours, H, W) images -> (N, classes) scores; `strides` of the stem and of the stage of 24 channels."""

    def __init__(self, classes: int = 1000, colours: int = 3, strides: tuple[int, int] = (2, 2)) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv_bn_relu6(colours, 32, 3, stride=strides[0])]
        channels = 32
        for expansion, width, blocks, first_stride in _STAGES:
            if width == 24:
                first_stride = strides[1]
            for block in range(blocks):
                layers.append(InvertedResidual(channels, width, first_stride if block == 0 else 1, expansion))
                channels = width
        self.features = nn.Sequential(*layers, _conv_bn_relu6(channels, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features, mean over the picture, one dense layer."""
        x = nn.functional.adaptive_avg_pool2d(self.features(x), 1)
        return self.classifier(torch.flatten(x, 1))


MODELS = (
    imagenet.model("mobilenetv2", "MobileNetV2 1.0, ImageNet form (Sandler et al. 2018)", 2, MobileNetV2),
    cifar.model(
        "mobilenetv2-cifar",
        "MobileNetV2 1.0, CIFAR form (Sandler et al. 2018)",
        WeightSource("packaged", "trained here on CIFAR-10-JPEG", file="mobilenetv2-cifar.safetensors"),
        partial(MobileNetV2, classes=len(cifar.LABELS), strides=(1, 1)),
    ),
    mnist.model(
        "mobilenetv2-mnist",
        "MobileNetV2 1.0, MNIST form (Sandler et al. 2018)",
        WeightSource("packaged", "trained here on MNIST", file="mobilenetv2-mnist.safetensors"),
        partial(MobileNetV2, classes=len(mnist.LABELS), colours=1, strides=(2, 1)),
    ),
)
