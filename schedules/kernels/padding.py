"""The image with the zeros around it that a convolution reads."""

from __future__ import annotations

from typing import Any

from tvm import te, tir

from ..layers import Conv2d


def padded(layer: Conv2d, data: Any, rows: int, columns: int) -> Any:
    """What `rows` x `columns` outputs read, as a tensor called "padded": also where these lie beyond the output."""
    top, left, _, _ = layer.pads

    def read(n: Any, c: Any, y: Any, x: Any, i: Any) -> Any:
        inside = te.all(y >= top, y < top + layer.height, x >= left, x < left + layer.width)
        return te.if_then_else(inside, data[n, c, y - top, x - left, i], tir.const(0.0, "float32"))

    blocks = layer.channels // layer.in_block
    shape = (layer.batch, blocks, layer.reads(0, rows), layer.reads(1, columns), layer.in_block)
    return te.compute(shape, read, name="padded")
