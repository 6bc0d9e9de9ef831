"""A convolution and its BatchNorm, the brick that most of the zoo is built of."""

from __future__ import annotations

from torch import nn


def conv_bn(
    channels_in: int, channels_out: int, kernel: int, stride: int = 1, groups: int = 1
) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    """A convolution without bias (BatchNorm has one), padded to keep the size at stride 1, and its BatchNorm."""
    conv = nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return conv, nn.BatchNorm2d(channels_out)
