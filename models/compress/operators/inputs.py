"""What operators are given: tensors, of which some may be left out, and attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional

Tensors = Sequence[torch.Tensor | None]
Attributes = Mapping[str, Any]
Operator = Callable[[Tensors, Attributes], torch.Tensor]


def filled(inputs: Sequence[Any], count: int) -> list[Any]:
    """`inputs`, and None for those left out at the end, `count` in all."""
    return [*inputs, *[None] * (count - len(inputs))]


def three(inputs: Tensors) -> tuple[Any, Any, Any]:
    """Three inputs; None for what is left out."""
    first, second, third = filled(inputs, 3)
    return first, second, third


def first(inputs: Tensors) -> torch.Tensor:
    """The first input."""
    assert inputs[0] is not None
    return inputs[0]


def second(inputs: Tensors) -> torch.Tensor:
    """The second input."""
    assert inputs[1] is not None
    return inputs[1]


def around(pads: Sequence[int]) -> list[int]:
    """ONNX's (all begins, all ends) as torch wants them: begin and end of the last axis first."""
    half = len(pads) // 2
    return [one for axis in reversed(range(half)) for one in (pads[axis], pads[half + axis])]


def padded(data: torch.Tensor, attributes: Attributes, value: float) -> tuple[torch.Tensor, list[int]]:
    """`data`, and the pads that torch's operator adds itself: those that are alike on both sides."""
    axes = data.dim() - 2
    pads = list(attributes.get("pads", [0] * 2 * axes))
    size = attributes.get("kernel_shape", [max(pads, default=0) * 2] * axes)
    fit = all(pad <= one // 2 for pad, one in zip(pads[:axes], size, strict=True))  # what torch's pooling allows
    if pads[:axes] == pads[axes:] and fit:
        return data, pads[:axes]
    return functional.pad(data, around(pads), value=value), [0] * axes
