"""How large a network is, and how much of it is zero."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ...count import count
from .masks import zero_share


@dataclass(frozen=True)
class Size:
    """Parameters that training changes, multiply-accumulates of a run on one image, and the weights' share of zeros."""

    parameters: int
    macs: int
    zeros: float


def size_of(network: nn.Module, example: torch.Tensor) -> Size:
    """Count `network`."""
    parameters, macs, _ = count(network, example)
    return Size(parameters, macs, zero_share(network))
