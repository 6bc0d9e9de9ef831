"""k x k to `rank` channels, then 1 x 1 to all (Zhang et al. 2016, arXiv:1505.06798, without its nonlinear part)."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def spectrum(weight: torch.Tensor) -> torch.Tensor:
    """See Form."""
    return torch.linalg.svdvals(weight.flatten(1)).square()


def empty(conv: nn.Conv2d, rank: int) -> nn.Sequential:
    """See Form."""
    shape = {"stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation}
    first = nn.Conv2d(conv.in_channels, rank, conv.kernel_size, **shape, bias=False)  # pyright: ignore[reportArgumentType]
    return nn.Sequential(first, nn.Conv2d(rank, conv.out_channels, 1, bias=conv.bias is not None))


def fill(parts: nn.Sequential, conv: nn.Conv2d) -> None:
    """See Form: the singular value decomposition, cut off."""
    first: Any
    second: Any
    first, second = parts
    rank = first.weight.shape[0]
    left, values, right = torch.linalg.svd(conv.weight.detach().flatten(1), full_matrices=False)
    root = values[:rank].sqrt()
    with torch.no_grad():
        first.weight.copy_((root[:, None] * right[:rank]).reshape(first.weight.shape))
        second.weight.copy_((left[:, :rank] * root).reshape(second.weight.shape))
        if conv.bias is not None:
            second.bias.copy_(conv.bias)
