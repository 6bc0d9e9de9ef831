"""How large a network is, and how much of it is zero."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from .masks import zero_share


@dataclass(frozen=True)
class Size:
    """Parameters that training changes, multiply-accumulates of a run on one image, and the weights' share of zeros."""

    parameters: int
    macs: int
    zeros: float


def size_of(network: nn.Module, example: torch.Tensor) -> Size:
    """Count `network`."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network(example)
    parameters = sum(one.numel() for one in network.parameters())
    return Size(parameters, counter.get_total_flops() // 2, zero_share(network))
