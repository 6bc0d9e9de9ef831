"""LSQ: the step of a quantized tensor is a parameter that learns with the weights.

Esser et al. (2020), "Learned Step Size Quantization".  A step's gradient is a sum over a whole tensor; divided by
sqrt(values * greatest level), section 2.2, it moves a step as fast, for its size, as the weights move.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from .fake_quantize import Levels

_LEAST = 1e-7  # of a step: at 0 there would be no levels


class _Scale(torch.autograd.Function):
    """The identity, with a gradient times `factor`."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, factor: float) -> torch.Tensor:
        ctx.factor = factor
        return values.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return gradients[0] * ctx.factor, None


class LearnedStep(nn.Module):
    """One step, or one for each channel: (1, C, 1, ...), whatever broadcasts against the values."""

    def __init__(self, start: torch.Tensor, levels: Levels) -> None:
        super().__init__()
        self.step = nn.Parameter(start.clone())
        self.levels = levels

    def forward(self, values: int) -> torch.Tensor:
        """The step for a tensor in which it stands for so many `values` (of one picture, of one channel)."""
        factor = 1 / math.sqrt(values * max(self.levels.high, 1))
        scaled = _Scale.apply(self.step.clamp(min=_LEAST), factor)
        assert isinstance(scaled, torch.Tensor)
        return scaled

    @property
    def value(self) -> torch.Tensor:
        """The step as it is now."""
        return self.step.detach().clamp(min=_LEAST)


def weight_step(weight: torch.Tensor, axis: int | None, levels: Levels) -> torch.Tensor:
    """The step to start from, section 2.1: 2 mean |w| / sqrt(greatest level), for each index of `axis`."""
    others = [one for one in range(weight.dim()) if one != axis]
    mean = weight.detach().abs().mean(others, keepdim=True)
    return (2 * mean / math.sqrt(levels.high)).clamp(min=_LEAST)
