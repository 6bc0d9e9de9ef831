"""k x k on `rank` maps of each channel, then 1 x 1 (MobileNet's, Howard et al. 2017, arXiv:1704.04861, at rank 1).

The nearest is found channel by channel (Guo et al. 2018, arXiv:1808.00496).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def spectrum(weight: torch.Tensor) -> torch.Tensor:
    """See Form: rank r takes the r largest of each input channel."""
    return torch.linalg.svdvals(_matrices(weight)).square().sum(0)


def empty(conv: nn.Conv2d, rank: int) -> nn.Sequential:
    """See Form."""
    into = conv.in_channels
    shape = {"stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation}
    first = nn.Conv2d(into, into * rank, conv.kernel_size, **shape, groups=into, bias=False)  # pyright: ignore[reportArgumentType]
    return nn.Sequential(first, nn.Conv2d(into * rank, conv.out_channels, 1, bias=conv.bias is not None))


def fill(parts: nn.Sequential, conv: nn.Conv2d) -> None:
    """See Form: a singular value decomposition of each input channel's filters, cut off."""
    first: Any
    second: Any
    first, second = parts
    into = conv.in_channels
    rank = first.weight.shape[0] // into
    left, values, right = torch.linalg.svd(_matrices(conv.weight.detach()), full_matrices=False)
    root = values[:, :rank].sqrt()
    with torch.no_grad():
        first.weight.copy_((root[:, :, None] * right[:, :rank]).reshape(first.weight.shape))
        pointwise = (left[:, :, :rank] * root[:, None]).permute(1, 0, 2)  # (out, in, rank)
        second.weight.copy_(pointwise.reshape(second.weight.shape))
        if conv.bias is not None:
            second.bias.copy_(conv.bias)


def _matrices(weight: torch.Tensor) -> torch.Tensor:
    """(out, in, kh, kw) -> (in, out, kh * kw)."""
    return weight.flatten(2).transpose(0, 1)
