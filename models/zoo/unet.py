"""U-Net (Ronneberger et al. 2015, arXiv:1505.04597), small enough to train here: which pixels are cell nuclei.

The paper's shape with today's habits: BatchNorm after each convolution, and a border of zeros that keeps the size, so
that the answer covers the whole picture and the skips need no cropping.  Widths start at 16 in place of 64.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from ...compile.processing import Postprocess, Preprocess
from .model import WeightSource, ZooModel

# Widths double at each of this many levels, from `width` on; all but the last have a skip.
_LEVELS = 5


class DoubleConv(nn.Sequential):
    """Twice 3x3 convolution, BatchNorm and ReLU: (N, in, H, W) -> (N, out, H, W)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels_out, channels_out, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )


class UNet(nn.Module):
    """(N, channels, H, W) pictures -> (N, 1, H, W) probabilities; H and W are multiples of 16.

    `down[i]` and `up[i]` work at the same size, 1 / 2^i of the picture's; `upsample[i]` leads to it from below.
    """

    def __init__(self, width: int = 16, channels: int = 3) -> None:
        super().__init__()
        widths = [width << level for level in range(_LEVELS)]
        self.down = nn.ModuleList(DoubleConv(*pair) for pair in zip([channels, *widths], widths, strict=False))
        self.pool = nn.MaxPool2d(2)
        pairs = list(pairwise(widths))
        self.upsample = nn.ModuleList(nn.ConvTranspose2d(deep, wide, kernel_size=2, stride=2) for wide, deep in pairs)
        self.up = nn.ModuleList(DoubleConv(2 * wide, wide) for wide, _ in pairs)
        self.head = nn.Conv2d(width, 1, kernel_size=1)

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 1, H, W) log-odds, which the training loss takes."""
        skips = []
        for level in self.down[:-1]:
            x = level(x)
            skips.append(x)
            x = self.pool(x)
        x = self.down[-1](x)
        for skip, upsample, up in zip(reversed(skips), reversed(self.upsample), reversed(self.up), strict=True):
            x = up(torch.cat([skip, upsample(x)], dim=1))
        return self.head(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The probability that a pixel belongs to a nucleus."""
        return torch.sigmoid(self.logits(x))


MODELS = (
    ZooModel(
        name="unet",
        title="U-Net, cell nuclei (Ronneberger et al. 2015)",
        input_shape=(1, 3, 256, 256),
        preprocess=Preprocess(256, 256, "RGB", mean=(127.5,) * 3, scale=(1 / 127.5,) * 3),
        postprocess=Postprocess("foreground", labels=("nucleus",)),
        weights=WeightSource("packaged", "trained here on nuclei", file="unet.safetensors"),
        build=UNet,
        datasets=("nuclei",),
    ),
)
