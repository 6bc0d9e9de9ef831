"""The ratio that leaves so many multiply-accumulates."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import nn

from ....compile.errors import TilewrightError
from .channel_graph import Selection, take_out
from .size import size_of

_MOST, _HALVINGS = 0.99, 8


def ratio_for(macs: float, network: nn.Module, example: torch.Tensor, chosen_at: Callable[[float], Selection]) -> float:
    """The least ratio at which `network`, without `chosen_at(ratio)`, has at most `macs`; to half a percent.

    Raises TilewrightError where none does.
    """

    def left(ratio: float) -> int:
        pruned = deepcopy(network)
        take_out(pruned, example, chosen_at(ratio))
        return size_of(pruned, example).macs

    low, high = 0.0, _MOST
    if (least := left(high)) > macs:
        share = least / size_of(network, example).macs
        raise TilewrightError(f"--macs: {share:.0%} of what there is now is the least that can be left")
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if left(middle) <= macs else (middle, high)
    return high
