"""The image with what lies beyond its edges, as a convolution or a pooling reads it."""

from __future__ import annotations

from typing import Any

from tvm import te, tir

from ..layers import Conv2d, Pool2d


def padded(layer: Conv2d | Pool2d, data: Any, rows: int, columns: int, beyond: Any = None) -> Any:
    """What `rows` x `columns` outputs read, as a tensor called "padded": also where these lie beyond the output.

    `beyond` is the value of what lies beyond the edges; None for zeros.
    """
    return padded_to(layer, data, (layer.reads(0, rows), layer.reads(1, columns)), beyond)


def padded_to(
    layer: Conv2d | Pool2d, data: Any, size: tuple[int, int], beyond: Any = None, block: int | None = None
) -> Any:
    """The image of `size` pixels as a tensor called "padded", in blocks of `block` channels (None: as they are)."""
    top, left, _, _ = layer.pads
    outside = tir.const(0, data.dtype) if beyond is None else beyond

    def read(n: Any, c: Any, y: Any, x: Any, i: Any) -> Any:
        inside = [y >= top, y < top + layer.height, x >= left, x < left + layer.width]
        inside += [] if block is None else [i < layer.in_block]
        return te.if_then_else(te.all(*inside), data[n, c, y - top, x - left, i], outside)

    blocks = layer.channels // layer.in_block
    return te.compute((layer.batch, blocks, *size, block or layer.in_block), read, name="padded")
