"""SwiftNet's multi-scale variant (Orsic et al. 2019, arXiv:1903.08469, section 3.2): an image pyramid.

One encoder sees the picture at full, half (and quarter) size; what it saw at the same size is added up, whichever
level it came from, and the decoder climbs through the sums.  There is no pooling pyramid: the smallest level sees
the whole picture.  The levels share all convolutions; each has BatchNorms of its own (but in shortcuts), as in
orsic/swiftnet.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from . import camvid
from .conv_bn import conv_bn
from .model import ZooModel, random_weights
from .swiftnet import BnReluConv, double, enlarge

_STAGES = 4


class PyramidBlock(nn.Module):
    """resnet18.BasicBlock with a BatchNorm for each level."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, levels: int) -> None:
        super().__init__()
        self.conv1 = conv_bn(channels_in, channels_out, 3, stride)[0]
        self.conv2 = conv_bn(channels_out, channels_out, 3)[0]
        self.bn1 = nn.ModuleList(nn.BatchNorm2d(channels_out) for _ in range(levels))
        self.bn2 = nn.ModuleList(nn.BatchNorm2d(channels_out) for _ in range(levels))
        same = stride == 1 and channels_in == channels_out
        self.downsample = None if same else nn.Sequential(*conv_bn(channels_in, channels_out, 1, stride))

    def forward(self, x: torch.Tensor, level: int) -> torch.Tensor:
        """residual(x) + shortcut(x), before the last ReLU."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = functional.relu(self.bn1[level](self.conv1(x)))
        return self.bn2[level](self.conv2(x)) + shortcut


class PyramidEncoder(nn.Module):
    """(N, 3, H, W) at one level -> the sums before the last ReLU of the four stages, at 1/4 to 1/32 of the size."""

    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        self.conv1 = conv_bn(3, width, 7, 2)[0]
        self.bn1 = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(levels))
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        widths = [width, *(width << stage for stage in range(_STAGES))]
        shapes = list(zip(widths, widths[1:], (1, 2, 2, 2), strict=False))
        self.first = nn.ModuleList(PyramidBlock(before, after, stride, levels) for before, after, stride in shapes)
        self.second = nn.ModuleList(PyramidBlock(after, after, 1, levels) for _, after, _ in shapes)

    def forward(self, x: torch.Tensor, level: int) -> list[torch.Tensor]:
        """Four maps, the largest first."""
        x = self.maxpool(functional.relu(self.bn1[level](self.conv1(x))))
        sums = []
        for first, second in zip(self.first, self.second, strict=True):
            x = functional.relu(first(x, level))
            sums.append(second(x, level))
            x = functional.relu(sums[-1])
        return sums


class SwiftNetPyramid(nn.Module):
    """(N, 3, H, W) pictures -> (N, classes, H, W) scores; H and W are multiples of 32 * 2^(levels - 1)."""

    def __init__(self, levels: int, width: int = 64, classes: int = len(camvid.CLASSES)) -> None:
        super().__init__()
        channels = 2 * width
        self.levels = levels
        self.encoder = PyramidEncoder(width, levels)
        widths = [width << stage for _ in range(levels) for stage in range(_STAGES)]
        self.lateral = nn.ModuleList(BnReluConv(one, channels, 1) for one in widths)  # level by level
        self.blend = nn.ModuleList(BnReluConv(channels, channels, 3) for _ in range(_STAGES + levels - 2))
        self.head = BnReluConv(channels, classes, 1, bias=True)

    def _skips(self, x: torch.Tensor) -> list[torch.Tensor]:
        """The encoder's maps of all levels, added up by size; the largest first."""
        skips: list[torch.Tensor] = []
        for level in range(self.levels):
            if level:
                x = functional.avg_pool2d(x, 2)
            for stage, seen in enumerate(self.encoder(x, level)):
                projected = self.lateral[level * _STAGES + stage](seen)
                if level + stage < len(skips):
                    skips[level + stage] = skips[level + stage] + projected
                else:
                    skips.append(projected)
        return skips

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Encode every level, climb from the smallest sum to a quarter of the size, enlarge the scores."""
        skips = self._skips(x)
        x = skips[-1]
        for blend, skip in zip(self.blend, reversed(skips[:-1]), strict=True):
            x = blend(double(x) + skip)
        return enlarge(self.head(x), 4)


def _model(levels: int) -> ZooModel:
    return ZooModel(
        name=f"swiftnet-pyramid{levels}",
        title=f"SwiftNet with an image pyramid of {levels} levels (Orsic et al. 2019)",
        input_shape=(1, 3, 384, 512),
        preprocess=camvid.preprocess(384, 512),
        postprocess=camvid.POSTPROCESS,
        weights=random_weights(levels),
        build=lambda: SwiftNetPyramid(levels),
        datasets=("camvid",),
    )


MODELS = (_model(2), _model(3))
