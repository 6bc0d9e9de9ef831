"""The image with what lies beyond its edges, as a convolution or a pooling reads it."""

from __future__ import annotations

from typing import Any

from tvm import te, tir

from ..layers import Conv2d, Pool2d

_ZERO = tir.const(0.0, "float32")


def padded(layer: Conv2d | Pool2d, data: Any, rows: int, columns: int, beyond: Any = _ZERO) -> Any:
    """What `rows` x `columns` outputs read, as a tensor called "padded": also where these lie beyond the output."""
    top, left, _, _ = layer.pads

    def read(n: Any, c: Any, y: Any, x: Any, i: Any) -> Any:
        inside = te.all(y >= top, y < top + layer.height, x >= left, x < left + layer.width)
        return te.if_then_else(inside, data[n, c, y - top, x - left, i], beyond)

    blocks = layer.channels // layer.in_block
    shape = (layer.batch, blocks, layer.reads(0, rows), layer.reads(1, columns), layer.in_block)
    return te.compute(shape, read, name="padded")
