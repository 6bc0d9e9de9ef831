"""Zeros that stay: what pruning has set to zero is not to come back because something else is trained."""

from __future__ import annotations

import torch
from torch import nn


def keep_zeros(network: nn.Module) -> None:
    """From now on no gradient reaches a weight (of two axes and more) that is zero, so that no optimizer moves it."""
    for parameter in network.parameters():
        there = parameter.detach() != 0
        if parameter.dim() > 1 and not there.all():
            parameter.register_hook(_masking(there))


def _masking(there: torch.Tensor):  # noqa: ANN202
    def mask(gradient: torch.Tensor) -> torch.Tensor:
        return gradient * there.to(gradient.device)

    return mask
