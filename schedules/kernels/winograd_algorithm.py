"""Winograd convolution F(m x m, 3 x 3): 4 (m = 4) or 2.25 (m = 2) times fewer multiplications than a direct one.

The image is cut into overlapping tiles of a x a pixels, a = m + 2.  Input transform, a x a independent matrix products
of tiles and filters, output transform; both transforms run along one dimension, then along the other.  1 x 3 and
3 x 1 have tiles of one row or column, F(1 x m, 1 x 3), and half the multiplications; other kernels work alike, long
ones in parts of at most 5 taps whose products add up.
Lavin and Gray (2016); the weights are transformed once, when a Bundle is loaded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from tvm import te, tir

from ..layers import HALF, Conv2d
from . import linear, tiles
from .cook_toom import Matrix, as_array
from .winograd_tiling import Config, Tiling


def pack(layer: Conv2d, config: Config, weight: Any) -> Any:
    """G w G^T for every filter and channel, as (filters / tile, a * a, parts * channels, tile)."""
    from tvm import relay

    tiling = Tiling.of(layer, config)
    (down, across), (rows, columns) = tiling.taps, tiling.parts
    filters, channels = tiles.round_up(layer.filters, config.filters), layer.channels
    more = (filters - layer.filters, 0, rows * down - layer.kernel[0], columns * across - layer.kernel[1])
    if any(more):
        weight = relay.nn.pad(weight, [(0, size) for size in more])
    if tiling.all_parts > 1:
        split = relay.reshape(weight, (filters, channels, rows, down, columns, across))
        weight = relay.transpose(split, (0, 2, 4, 1, 3, 5))
    both = np.kron(*(as_array(tiling.transforms(dimension).filter) for dimension in (0, 1)))
    channels *= tiling.all_parts
    flat = relay.reshape(weight, (filters * channels, down * across))
    if layer.dtype == HALF:
        flat = relay.cast(flat, "float32")
    flat = relay.nn.dense(flat, relay.const(both.astype("float32")))
    if layer.dtype == HALF:
        flat = relay.cast(flat, HALF)
    split = relay.reshape(flat, (filters // config.filters, config.filters, channels, tiling.a[0] * tiling.a[1]))
    return relay.transpose(split, (0, 3, 2, 1))


def compute(layer: Conv2d, config: Config, data: Any, weight: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block)."""
    tiling = Tiling.of(layer, config)
    blocks = layer.batch * tiling.blocks[0] * tiling.blocks[1]
    transformed = _input_transform(layer, tiling, blocks, data)
    block, a, tile = layer.in_block, tiling.a, config.filters
    channel = te.reduce_axis((0, tiling.all_parts * layer.channels), "channel")
    products: Any = te.compute(
        (blocks, tiles.ceil_div(layer.filters, tile), *a, tiling.in_block, tile),
        lambda b, k, e, s, t, f: te.sum(
            transformed[b, e, s, channel // block, t, channel % block] * weight[k, e * a[1] + s, channel, f],
            axis=channel,
        ),
        name="products",
    )
    pixels = _output_transform(tiling, products)

    def result(n: Any, k: Any, y: Any, x: Any, i: Any) -> Any:
        f = k * layer.out_block + i
        b, t, v, h = tiling.place(n, y, x)
        return pixels[b, f // tile, t, v, h, f % tile]

    return te.compute(layer.out_shape, result, name="conv2d")


def _input_transform(layer: Conv2d, tiling: Tiling, blocks: int, data: Any) -> Any:
    """B^T d B of every tile, part and channel, as (blocks, a, a, parts * channels / block, tiles, block)."""
    down, across = tiling.transforms(0).input, tiling.transforms(1).input
    channel_blocks = layer.channels // layer.in_block

    def pixel(b: Any, c: Any, t: Any, e: Any, s: Any, i: Any) -> Any:
        n, row, column = tiling.corner(b, t)
        if tiling.all_parts > 1:
            part, c = c // channel_blocks, c % channel_blocks
            row += part // tiling.parts[1] * tiling.taps[0]
            column += part % tiling.parts[1] * tiling.taps[1]
        y, x = row + e - layer.pads[0], column + s - layer.pads[1]
        inside = te.all(y >= 0, y < layer.height, x >= 0, x < layer.width)
        return te.if_then_else(inside, data[n, c, y, x, i], tir.const(0.0, layer.dtype))

    all_blocks = tiling.all_parts * channel_blocks
    shape = (blocks, all_blocks, tiling.in_block, *tiling.a, layer.in_block)
    patch: Any = te.compute(shape, pixel, name="patch")
    half: Any = te.compute(
        shape,
        lambda b, c, t, e, s, i: linear.select(
            e, linear.product(down, [patch[b, c, t, r, s, i] for r in range(tiling.a[0])])
        ),
        name="input_half",
    )
    return te.compute(
        (blocks, *tiling.a, all_blocks, tiling.in_block, layer.in_block),
        lambda b, e, s, c, t, i: linear.select(
            s, linear.product(across, [half[b, c, t, e, r, i] for r in range(tiling.a[1])])
        ),
        name="input_transformed",
    )


def _output_transform(tiling: Tiling, products: Any) -> Any:
    """A^T M A of every tile and filter, as (blocks, filter tiles, tiles, m, m, filters of a tile)."""
    down, across = tiling.transforms(0).output, tiling.transforms(1).output
    m, a = tiling.m, tiling.a
    blocks, filter_tiles, _, _, tiles_of_block, tile = products.shape
    half: Any = te.compute(
        (blocks, filter_tiles, tiles_of_block, m[0], a[1], tile),
        lambda b, k, t, v, s, f: linear.select(
            v, linear.product(down, [products[b, k, r, s, t, f] for r in range(a[0])])
        ),
        name="output_half",
    )
    return te.compute(
        (blocks, filter_tiles, tiles_of_block, *m, tile),
        lambda b, k, t, v, h, f: linear.select(
            h, linear.product(across, [half[b, k, t, v, r, f] for r in range(a[1])])
        ),
        name="output_transformed",
    )


def work(layer: Conv2d, config: Config) -> int:
    """The products of all tiles, those over the edge too, and the transforms, an entry that is not 0 as one."""
    tiling = Tiling.of(layer, config)
    (m, _), a, down, across = tiling.m, tiling.a, tiling.transforms(0), tiling.transforms(1)
    count = layer.batch * tiling.blocks[0] * tiling.blocks[1] * tiling.in_block
    channels, filters = tiling.all_parts * layer.channels, tiles.round_up(layer.filters, config.filters)
    products = a[0] * a[1] * channels * filters
    inputs = (_entries(down.input) * a[1] + _entries(across.input) * a[0]) * channels
    outputs = (_entries(down.output) * a[1] + _entries(across.output) * m) * filters
    return count * (products + inputs + outputs)


def _entries(matrix: Matrix) -> int:
    return sum(bool(entry) for row in matrix for entry in row)
