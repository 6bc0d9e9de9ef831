"""k x 1 to `rank` channels, then 1 x k to all (Jaderberg et al. 2014, arXiv:1405.3866, their second scheme)."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def spectrum(weight: torch.Tensor) -> torch.Tensor:
    """See Form."""
    return torch.linalg.svdvals(_matrix(weight)).square()


def empty(conv: nn.Conv2d, rank: int) -> nn.Sequential:
    """See Form."""
    (high, wide), (down, across) = conv.kernel_size, conv.stride
    (top, left), (apart, beside) = conv.padding, conv.dilation  # pyright: ignore[reportAssignmentType]
    first = nn.Conv2d(conv.in_channels, rank, (high, 1), (down, 1), (top, 0), (apart, 1), bias=False)  # pyright: ignore[reportArgumentType]
    has_bias = conv.bias is not None
    second = nn.Conv2d(rank, conv.out_channels, (1, wide), (1, across), (0, left), (1, beside), bias=has_bias)  # pyright: ignore[reportArgumentType]
    return nn.Sequential(first, second)


def fill(parts: nn.Sequential, conv: nn.Conv2d) -> None:
    """See Form: the singular value decomposition, cut off."""
    first: Any
    second: Any
    first, second = parts
    out, into, high, wide = conv.weight.shape
    rank = first.weight.shape[0]
    left, values, right = torch.linalg.svd(_matrix(conv.weight.detach()), full_matrices=False)
    root = values[:rank].sqrt()
    with torch.no_grad():
        first.weight.copy_((left[:, :rank] * root).T.reshape(rank, into, high, 1))
        second.weight.copy_((root[:, None] * right[:rank]).reshape(rank, out, 1, wide).transpose(0, 1))
        if conv.bias is not None:
            second.bias.copy_(conv.bias)


def _matrix(weight: torch.Tensor) -> torch.Tensor:
    """(out, in, kh, kw) -> (in * kh, out * kw)."""
    out, into, high, wide = weight.shape
    return weight.permute(1, 2, 0, 3).reshape(into * high, out * wide)
