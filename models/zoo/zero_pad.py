"""Padding with zeros that exports as what it is."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional


class ZeroPad(torch.autograd.Function):
    """`functional.pad(x, border)` with zeros, one Pad node in ONNX (opset 11 and later).

    For `functional.pad` itself the exporter writes a chain of nodes that works `border` out when the model runs, after
    which no shape in the file is known any more.
    """

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, border: tuple[int, ...]) -> torch.Tensor:
        """`border` is before and after each axis, the last axis first."""
        ctx.border = border
        return functional.pad(x, border)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Cut the border off."""
        return functional.pad(gradient, [-width for width in ctx.border]), None

    @staticmethod
    def symbolic(graph: Any, x: Any, border: tuple[int, ...]) -> Any:
        """ONNX wants all that is before, then all that is after, the first of the four axes first."""
        pairs = [(0, 0)] * (4 - len(border) // 2) + list(zip(border[::2], border[1::2], strict=True))[::-1]
        before, after = zip(*pairs, strict=True)
        return graph.op("Pad", x, graph.op("Constant", value_t=torch.tensor(before + after)))
