"""MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381) for 224x224 images, state-dict names as in torchvision."""

from __future__ import annotations

import torch
from torch import nn

from ...compile.processing import Postprocess
from .imagenet import PREPROCESS
from .model import WeightSource, ZooModel

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
    conv = nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(channels_out), nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """Widen by `expansion`, filter each channel, project back: (N, in, H, W) -> (N, out, H / stride, W / stride)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = channels_in * expansion
        self.conv = nn.Sequential(
            *([] if expansion == 1 else [_conv_bn_relu6(channels_in, hidden, 1)]),
            _conv_bn_relu6(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, channels_out, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        self.has_shortcut = stride == 1 and channels_in == channels_out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """conv(x), plus x where the shapes allow it."""
        return x + self.conv(x) if self.has_shortcut else self.conv(x)


class MobileNetV2(nn.Module):
    """(N, 3, 224, 224) images -> (N, classes) scores."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv_bn_relu6(3, 32, 3, stride=2)]
        channels = 32
        for expansion, width, blocks, first_stride in _STAGES:
            for block in range(blocks):
                layers.append(InvertedResidual(channels, width, first_stride if block == 0 else 1, expansion))
                channels = width
        self.features = nn.Sequential(*layers, _conv_bn_relu6(channels, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features, mean over the picture, one dense layer."""
        x = nn.functional.adaptive_avg_pool2d(self.features(x), 1)
        return self.classifier(torch.flatten(x, 1))


MODEL = ZooModel(
    name="mobilenetv2",
    title="MobileNetV2 1.0, ImageNet form (Sandler et al. 2018)",
    input_shape=(1, 3, 224, 224),
    preprocess=PREPROCESS,
    postprocess=Postprocess("classify"),
    weights=WeightSource("random", "random (seed 2)", seed=2),
    build=MobileNetV2,
)
