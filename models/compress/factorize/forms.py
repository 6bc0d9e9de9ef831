"""The forms that a convolution can be taken apart into, by name."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import nn

from . import depthwise, low_rank, spatial


class Form(Protocol):
    """One way to make two convolutions of one; a module of this folder.

    `spectrum` gives what each rank adds to the squared norm of the weights, the largest first, summing to that norm;
    `empty` the two convolutions of `rank`, their weights as drawn; `fill` sets those as near to `conv` as they can be.
    """

    def spectrum(self, weight: torch.Tensor) -> torch.Tensor:
        """(ranks,) for a weight (out, in, kh, kw)."""
        ...

    def empty(self, conv: nn.Conv2d, rank: int) -> nn.Sequential:
        """Of the same strides, pads and dilations together."""
        ...

    def fill(self, parts: nn.Sequential, conv: nn.Conv2d) -> None:
        """In place; the bias goes to the second."""
        ...


FORMS: dict[str, Form] = {"low-rank": low_rank, "spatial": spatial, "depthwise": depthwise}


def can_be_taken_apart(layer: nn.Module) -> bool:
    """Whether it is a convolution over more than one pixel, of all channels."""
    return isinstance(layer, nn.Conv2d) and layer.groups == 1 and layer.kernel_size != (1, 1) and layer.in_channels > 1
