"""Fake quantization: values rounded to their levels and back, in floating point, as QDQ pairs compute them.

Rounding has no useful gradient; the straight-through estimator takes it for the identity (Bengio et al. 2013,
"Estimating or Propagating Gradients Through Stochastic Neurons"), and clipping stops the gradient where it clips
(Jacob et al. 2018, "Quantization and Training of Neural Networks", section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Levels:
    """The whole numbers from `low` to `high`."""

    low: int
    high: int


class _FakeQuantize(torch.autograd.Function):
    """(clip(round(x / step) + zero, low, high) - zero) * step, to the bit as ONNX Runtime's pair of operators.

    The gradient of the step is that of Esser et al. (2020), equation 3: what rounding moved a value by, or the end
    that it was clipped to, in steps.
    """

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, step: torch.Tensor, zero: float, levels: Levels) -> torch.Tensor:
        steps = values / step
        low, high = levels.low - zero, levels.high - zero
        rounded = steps.round().clamp_(low, high)
        inside = (steps >= low) & (steps <= high)
        moved = rounded - steps * inside if ctx.needs_input_grad[1] else None
        ctx.save_for_backward(inside, moved)
        ctx.step_shape = step.shape
        return rounded.mul_(step)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (gradient,) = gradients
        inside, moved = ctx.saved_tensors
        to_step = None if moved is None else (gradient * moved).sum_to_size(ctx.step_shape)
        return gradient * inside, to_step, None, None


def fake_quantize(values: torch.Tensor, step: torch.Tensor, zero: int, levels: Levels) -> torch.Tensor:
    """`values` on the levels of a QDQ pair, float32; `step` broadcasts against them, `zero` is the level of 0."""
    result = _FakeQuantize.apply(values.float(), step, float(zero), levels)
    assert isinstance(result, torch.Tensor)
    return result


class _RoundWeight(torch.autograd.Function):
    """A weight on its levels; the gradient passes, for the step follows the weight and clips next to nothing."""

    @staticmethod
    def forward(ctx: Any, weight: torch.Tensor, step: torch.Tensor, levels: Levels) -> torch.Tensor:
        return to_levels(weight, step, levels).mul_(step)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return gradients[0], None, None


def round_weight(weight: torch.Tensor, step: torch.Tensor, levels: Levels) -> torch.Tensor:
    """`weight` on its symmetric levels, which span it."""
    result = _RoundWeight.apply(weight, step, levels)
    assert isinstance(result, torch.Tensor)
    return result


def to_levels(values: torch.Tensor, step: torch.Tensor, levels: Levels) -> torch.Tensor:
    """The level of each value, as float32: to the nearest, ties to even."""
    return (values / step).round_().clamp_(levels.low, levels.high)


def spanning_step(weight: torch.Tensor, axis: int | None, spans: int) -> torch.Tensor:
    """The step that divides a weight's symmetric range into `spans`, as ONNX Runtime chooses it; it has no gradient.

    One for each index of `axis`, so that it broadcasts against `weight`; None: one for all.
    """
    others = [one for one in range(weight.dim()) if one != axis]
    largest = weight.detach().abs().amax(others, keepdim=True).double()
    step = (2 * largest / spans).float()
    return torch.where(step < torch.finfo(torch.float32).tiny, torch.ones_like(step), step)
