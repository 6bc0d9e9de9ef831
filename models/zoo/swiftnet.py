"""SwiftNet (Orsic et al. 2019, arXiv:1903.08469): road scenes pixel by pixel, in real time.

A ResNet-18 encoder; spatial pyramid pooling, which lets every place see the whole picture; and a light decoder that
doubles the size three times by bilinear interpolation, each time adding what the encoder saw at that size (a lateral
skip).  As in the paper, skips leave the encoder before the ReLU, and the decoder's convolutions come after theirs.
The encoder has torchvision's state-dict names.  `swiftnet_pyramid` is the multi-scale variant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn
from torch.nn import functional

from . import camvid
from .conv_bn import conv_bn
from .model import WeightSource, ZooModel, random_weights
from .resnet18 import stage

# Cells of the spatial pyramid, rows x columns: they divide the 12 x 15 map of a 384x480 picture evenly.
_GRIDS = ((4, 5), (2, 3), (1, 1))


def double(x: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W) -> (N, C, 2H, 2W), bilinear."""
    return enlarge(x, 2)


def enlarge(x: torch.Tensor, factor: int) -> torch.Tensor:
    """(N, C, H, W) -> (N, C, factor H, factor W), bilinear."""
    return functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class BnReluConv(nn.Sequential):
    """BatchNorm, ReLU, convolution: (N, in, H, W) -> (N, out, H, W)."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, bias: bool = False) -> None:
        conv = nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2, bias=bias)
        super().__init__(nn.BatchNorm2d(channels_in), nn.ReLU(), conv)


class Encoder(nn.Module):
    """(N, 3, H, W) -> the sums before the last ReLU of the four stages, at 1/4, 1/8, 1/16 and 1/32 of the size."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_bn(3, width, 7, 2)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = stage(width, width, 1)
        self.layer2 = stage(width, 2 * width, 2)
        self.layer3 = stage(2 * width, 4 * width, 2)
        self.layer4 = stage(4 * width, 8 * width, 2)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Four maps, the largest first."""
        x = self.maxpool(functional.relu(self.bn1(self.conv1(x))))
        sums = []
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            sums.append(layer[1](layer[0](x), activate=False))
            x = functional.relu(sums[-1])
        return sums


class SpatialPyramidPooling(nn.Module):
    """Means over grids of cells, beside the map itself: (N, in, h, w) -> (N, out, h, w)."""

    def __init__(self, channels_in: int, channels_out: int, grids: Sequence[tuple[int, int]] = _GRIDS) -> None:
        super().__init__()
        narrow = channels_out // len(grids)
        self.grids = tuple(grids)
        self.squeeze = BnReluConv(channels_in, channels_out, 1)
        self.levels = nn.ModuleList(BnReluConv(channels_out, narrow, 1) for _ in grids)
        self.fuse = BnReluConv(channels_out + narrow * len(grids), channels_out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Squeeze; pool, squeeze again and enlarge for each grid; fuse."""
        x = self.squeeze(x)
        parts = [x]
        for grid, level in zip(self.grids, self.levels, strict=True):
            pooled = level(functional.adaptive_avg_pool2d(x, grid))
            parts.append(functional.interpolate(pooled, size=x.shape[-2:], mode="bilinear", align_corners=False))
        return self.fuse(torch.cat(parts, dim=1))


class Upsample(nn.Module):
    """One step of the decoder: double `x`, add the lateral skip, blend."""

    def __init__(self, skip_channels: int, channels: int) -> None:
        super().__init__()
        self.lateral = BnReluConv(skip_channels, channels, 1)
        self.blend = BnReluConv(channels, channels, 3)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) and (N, S, 2h, 2w) -> (N, C, 2h, 2w)."""
        return self.blend(double(x) + self.lateral(skip))


class SwiftNet(nn.Module):
    """(N, 3, H, W) pictures -> (N, classes, H, W) scores; H and W are multiples of 32.

    `width` is the channels of the encoder's first stage; the decoder has twice as many everywhere.
    """

    def __init__(self, width: int = 64, classes: int = len(camvid.CLASSES)) -> None:
        super().__init__()
        self.encoder = Encoder(width)
        self.pooling = SpatialPyramidPooling(8 * width, 2 * width)
        self.upsample = nn.ModuleList(Upsample(skip * width, 2 * width) for skip in (4, 2, 1))
        self.head = BnReluConv(2 * width, classes, 1, bias=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Encode, pool, decode to a quarter of the size, enlarge the scores."""
        quarter, eighth, sixteenth, last = self.encoder(x)
        x = self.pooling(last)
        for upsample, skip in zip(self.upsample, (sixteenth, eighth, quarter), strict=True):
            x = upsample(x, skip)
        return enlarge(self.head(x), 4)


def _model(name: str, title: str, weights: WeightSource, build: Callable[[], nn.Module]) -> ZooModel:
    return ZooModel(
        name=name,
        title=title,
        input_shape=(1, 3, 384, 480),
        preprocess=camvid.preprocess(384, 480),
        postprocess=camvid.POSTPROCESS,
        weights=weights,
        build=build,
        datasets=("camvid",),
    )


MODELS = (
    _model(
        "swiftnet",
        "SwiftNet with a ResNet-18 encoder (Orsic et al. 2019)",
        random_weights(19),
        SwiftNet,
    ),
    _model(
        "swiftnet-half",
        "SwiftNet at half the width, CamVid",
        WeightSource("packaged", "trained here on CamVid", file="swiftnet-half.safetensors"),
        lambda: SwiftNet(width=32),
    ),
)
