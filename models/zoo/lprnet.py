"""LPRNet (Zherzdev and Gruzdev 2018, arXiv:1806.10447), which reads licence plates; as in sirius-ai/LPRNet_Pytorch.

State-dict names are that repository's, so its Final_LPRNet_model.pth loads strictly.  Layers are numbered as there:
`backbone` is one flat sequence, and four of its layers also feed the head.

Each of those four is divided by the mean of its squares over the WHOLE BATCH, as published.  So a plate's answer
depends on what else is in the batch: 894 of the 1,000 plates are exact at batch 1, 900 at batch 100.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from ...compile.processing import Postprocess, Preprocess
from .model import WeightSource, ZooModel

PROVINCES = "京沪津渝冀晋蒙辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云藏陕甘青宁新"
ALPHABET = tuple(PROVINCES + "0123456789" + "ABCDEFGHJKLMNPQRSTUVWXYZ" + "IO" + "-")  # the last one is CTC's blank

_PIXEL_MEAN, _PIXEL_SCALE = 127.5, 0.0078125
# After which layers the head looks in: three activations on the way, and the last one.
_TAPS = (2, 6, 13, 22)


class ChannelStridedMaxPool(nn.Module):
    """3x3 max pooling, stride (1, s), over every s-th channel: (N, C, H, W) -> (N, C / s, H - 2, (W - 3) / t + 1).

    The published code calls nn.MaxPool3d((1, 3, 3), stride=(s, 1, t)) on a 4-D tensor, whose channels then count as
    depth.  With a depth of 1 that only picks channels 0, s, 2s...: a slice and a 2-D pool give the very same values,
    and, unlike a 3-D pool of a 4-D tensor, are valid ONNX.  The slice comes first, so nothing is pooled in vain.
    """

    def __init__(self, channel_stride: int, width_stride: int) -> None:
        super().__init__()
        self.channel_stride = channel_stride
        self.width_stride = width_stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Slice, then pool."""
        if self.channel_stride > 1:
            x = x[:, :: self.channel_stride]
        return functional.max_pool2d(x, kernel_size=3, stride=(1, self.width_stride))


class SmallBasicBlock(nn.Module):
    """The paper's "small basic block": a 3x3 convolution as 3x1 and 1x3 at a quarter of the width."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        narrow = channels_out // 4
        self.block = nn.Sequential(
            nn.Conv2d(channels_in, narrow, kernel_size=1),
            nn.ReLU(),
            nn.Conv2d(narrow, narrow, kernel_size=(3, 1), padding=(1, 0)),
            nn.ReLU(),
            nn.Conv2d(narrow, narrow, kernel_size=(1, 3), padding=(0, 1)),
            nn.ReLU(),
            nn.Conv2d(narrow, channels_out, kernel_size=1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, in, H, W) -> (N, out, H, W)."""
        return self.block(x)


def _bn_relu(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.BatchNorm2d(channels), nn.ReLU()


class LPRNet(nn.Module):
    """(N, 3, 24, 94) plates -> (N, classes, 18) scores, one column a step of CTC."""

    def __init__(self, classes: int = len(ALPHABET), dropout: float = 0.5) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            *(nn.Conv2d(3, 64, kernel_size=3), *_bn_relu(64)),  # 0, 1, 2
            ChannelStridedMaxPool(1, 1),
            *(SmallBasicBlock(64, 128), *_bn_relu(128)),  # 4, 5, 6
            ChannelStridedMaxPool(2, 2),
            *(SmallBasicBlock(64, 256), *_bn_relu(256)),  # 8, 9, 10
            *(SmallBasicBlock(256, 256), *_bn_relu(256)),  # 11, 12, 13
            ChannelStridedMaxPool(4, 2),
            nn.Dropout(dropout),
            *(nn.Conv2d(64, 256, kernel_size=(1, 4)), *_bn_relu(256)),  # 16, 17, 18
            nn.Dropout(dropout),
            *(nn.Conv2d(256, classes, kernel_size=(13, 1)), *_bn_relu(classes)),  # 20, 21, 22
        )
        self.container = nn.Sequential(nn.Conv2d(64 + 128 + 256 + classes, classes, kernel_size=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run the backbone, bring its four taps to 4x18, weigh them alike, and let the head mix them."""
        taps = []
        for index, layer in enumerate(self.backbone):
            x = layer(x)
            if index in _TAPS:
                taps.append(x)
        first, second, third, last = taps
        context = [
            functional.avg_pool2d(first, kernel_size=5, stride=5),
            functional.avg_pool2d(second, kernel_size=5, stride=5),
            functional.avg_pool2d(third, kernel_size=(4, 10), stride=(4, 2)),
            last,
        ]
        scaled = [features / features.pow(2).mean() for features in context]
        return self.container(torch.cat(scaled, dim=1)).mean(dim=2)


MODELS = (
    ZooModel(
        name="lprnet",
        title="LPRNet, Chinese licence plates (Zherzdev and Gruzdev 2018)",
        input_shape=(1, 3, 24, 94),
        preprocess=Preprocess(24, 94, "BGR", mean=(_PIXEL_MEAN,) * 3, scale=(_PIXEL_SCALE,) * 3),
        postprocess=Postprocess("ctc", labels=ALPHABET),
        weights=WeightSource(
            "data",
            "sirius-ai/LPRNet_Pytorch @ 7c976664 (Apache-2.0)",
            file="lprnet/Final_LPRNet_model.pth",
            seed=68,
        ),
        build=LPRNet,
        datasets=("lprnet-plates",),
        mixes_batch=True,
    ),
)
