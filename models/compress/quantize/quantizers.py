"""The quantized tensors of a network while it is trained: activations, weights and biases, each as its QDQ pair."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from .fake_quantize import Levels, fake_quantize, round_weight, spanning_step, to_levels
from .learned_step import LearnedStep, weight_step


class Activation(nn.Module):
    """A tensor between layers: one step, which is learned or stays as calibrated, and the level of 0."""

    def __init__(self, step: float, zero: int, levels: Levels, learned: bool) -> None:
        super().__init__()
        self.zero, self.levels = zero, levels
        start = torch.tensor(step, dtype=torch.float32)
        self.learned = LearnedStep(start, levels) if learned else None
        self.register_buffer("fixed", start)

    @property
    def step(self) -> torch.Tensor:
        """() float32, without gradient."""
        return self.get_buffer("fixed") if self.learned is None else self.learned.value

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """`values` on their levels."""
        step = self.step if self.learned is None else self.learned(values[0].numel())
        return fake_quantize(values, step, self.zero, self.levels)


class Weight(nn.Module):
    """A weight with symmetric levels: its steps span it as it is, or are learned."""

    def __init__(self, values: np.ndarray, axis: int | None, levels: Levels, spans: int, learned: bool) -> None:
        """`spans` is what the range from -max to max is divided into; `axis` has a step for each index, or None."""
        super().__init__()
        self.axis, self.levels, self.spans = axis, levels, spans
        self.weight = nn.Parameter(torch.from_numpy(np.array(values, np.float32)))
        self.learned = LearnedStep(weight_step(self.weight, axis, levels), levels) if learned else None

    @property
    def step(self) -> torch.Tensor:
        """The steps, float32, of one size but along `axis`, without gradient."""
        return spanning_step(self.weight, self.axis, self.spans) if self.learned is None else self.learned.value

    @property
    def per_channel(self) -> torch.Tensor:
        """The steps as (channels,), or () where there is one for all."""
        return self.step.reshape(() if self.axis is None else -1)

    def forward(self) -> torch.Tensor:
        """The weight on its levels."""
        if self.learned is None:
            return round_weight(self.weight, self.step, self.levels)
        step = self.learned(self.weight.numel() // self.step.numel())
        return fake_quantize(self.weight, step, 0, self.levels)

    def integers(self) -> np.ndarray:
        """The levels themselves, int8."""
        return to_levels(self.weight.detach(), self.step, self.levels).numpy().astype(np.int8)


class Bias(nn.Module):
    """A bias in 32-bit steps of its layer's products; `step()` gives these, (channels,) or ()."""

    _ENDS = Levels(-(2**30), 2**30)  # the products' sum is added to it, in 32 bits

    def __init__(self, values: np.ndarray, step: Callable[[], torch.Tensor]) -> None:
        super().__init__()
        self.bias, self.step = nn.Parameter(torch.from_numpy(np.array(values, np.float32))), step

    def forward(self) -> torch.Tensor:
        """The bias on its levels; the gradient passes."""
        rounded = torch.from_numpy(self.integers().astype(np.float32)) * self.step()
        return self.bias + (rounded - self.bias).detach()

    def integers(self) -> np.ndarray:
        """The levels themselves, int32."""
        step = self.step().double()
        levels = (self.bias.detach().double() / step).round().clamp(self._ENDS.low, self._ENDS.high)
        return levels.numpy().astype(np.int32)
