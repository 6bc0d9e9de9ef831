"""Winograd convolution F(m x m, 3 x 3): 4 (m = 4) or 2.25 (m = 2) times fewer multiplications than a direct one.

The image is cut into overlapping tiles of a x a pixels, a = m + 2.  Input transform, a x a independent matrix products
of tiles and filters, output transform; both transforms run along one dimension, then along the other.  1 x 3 and
3 x 1 have tiles of one row or column, F(1 x m, 1 x 3), and half the multiplications; 5 x 5 works alike.  A block of
`tile_rows` x `tile_columns` tiles meets `filters` filters at a time: its products stay in the caches and are
transformed right there, and bias, residual and activation are applied as the pixels are written.
Lavin and Gray (2016); the weights are transformed once, when a Bundle is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tvm import te, tir

from ..layers import Conv2d
from ..machines import Machine
from . import linear, steps, tiles
from .cook_toom import Matrix, Transforms, as_array, transforms
from .kernel import Kernel

_TAPS = (1, 3, 5)
_MOST_INPUTS = 8  # of a tile, along a dimension: beyond, rounding eats the result
_SMALL, _LARGE = 16 * 16, 24 * 24  # pixels
_MOST_VECTORS, _MOST_PASSES = 4, 4  # of filters in a register tile; of register tiles over a block


@dataclass(frozen=True)
class Config:
    """A task is a block of `tile_rows` x `tile_columns` tiles and `filters` filters.

    m        outputs of a tile along a dimension with more than one tap
    pixels   tiles in a register tile, by `vectors` vectors of filters
    first    "pixels" or "filters": what the outer loop, and so a thread, keeps in its cache
    input    "once": all tiles are transformed before the products; "block": each task transforms its own block
    """

    m: int
    tile_rows: int
    tile_columns: int
    filters: int
    pixels: int
    first: str
    input: str


def space(layer: Conv2d, machine: Machine) -> Sequence[Config]:
    """Blocks of tiles that divide the map well, with register tiles that divide the block."""
    plain = layer.strides == layer.dilations == (1, 1) and layer.groups == 1
    if not plain or max(layer.kernel) == 1 or not set(layer.kernel) <= set(_TAPS):
        return ()
    if min(layer.in_block, layer.out_block) < 4 or layer.in_block % 4 or layer.out_block % 4:
        return ()
    found = []
    for m in _outputs(layer):
        (rows_of_tile, columns_of_tile), _ = _sides(layer, m)
        down, across = tiles.ceil_div(layer.out_height, rows_of_tile), tiles.ceil_div(layer.out_width, columns_of_tile)
        many_weights = layer.filters > down * across  # more of them than values of the transformed input
        for rows, columns, pixels, filters in _blocks(layer, machine, down, across):
            shape = (m, rows, columns, filters, pixels)
            found.append(Config(*shape, "filters" if many_weights else "pixels", "once"))
            if down * across > 2 * rows * columns:  # else the threads would have nothing to share
                found.append(Config(*shape, "pixels", "block"))
    return found


def _sides(layer: Conv2d, m: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """(rows, columns) of a tile's outputs, and of its inputs."""
    outputs = (m if layer.kernel[0] > 1 else 1, m if layer.kernel[1] > 1 else 1)
    return outputs, (outputs[0] + layer.kernel[0] - 1, outputs[1] + layer.kernel[1] - 1)


def _outputs(layer: Conv2d) -> tuple[int, ...]:
    """Larger tiles save more multiplications, but small maps waste them at the edge, and their weights grow."""
    pixels = layer.out_height * layer.out_width
    wanted = (4, 2) if pixels <= _SMALL else (4, 6) if pixels >= _LARGE else (4,)
    return tuple(m for m in wanted if m + max(layer.kernel) - 1 <= _MOST_INPUTS)


def _blocks(layer: Conv2d, machine: Machine, down: int, across: int) -> list[tuple[int, int, int, int]]:
    """(tile rows, tile columns, register pixels, filters): of each number of filters the least wasteful."""
    lanes = min(machine.float_lanes, layer.out_block)
    best: dict[int, tuple[float, tuple[int, int, int, int]]] = {}
    for blocks in tiles.divisors(layer.filters // layer.out_block):
        vectors = blocks * layer.out_block // lanes
        most = (machine.vector_registers - 1 - vectors) // vectors if vectors <= _MOST_VECTORS else 0
        for rows in range(1, down + 1):
            for columns in {across, tiles.ceil_div(across, 2)}:
                passes = tiles.ceil_div(rows * columns, most) if most > 1 else 0
                if not passes or passes > _MOST_PASSES or rows * columns % passes or (columns != across and rows > 1):
                    continue
                covered = tiles.round_up(down, rows) * tiles.round_up(across, columns)
                pixels = rows * columns // passes
                cost = covered / (down * across) * (1 + 1 / pixels + 1 / (vectors * machine.fma_latency))
                shape = (rows, columns, pixels, blocks * layer.out_block)
                best[blocks] = min(best.get(blocks, (cost, shape)), (cost, shape))
    return [shape for _, shape in sorted(best.values())[:3]]


def pack(layer: Conv2d, config: Config, weight: Any) -> Any:
    """G w G^T for every filter and channel, as (filters / tile, a * a, channels, tile)."""
    from tvm import relay

    outputs, (rows, columns) = _sides(layer, config.m)
    down, across = (as_array(transforms(m, taps).filter) for m, taps in zip(outputs, layer.kernel, strict=True))
    filters, channels = layer.filters, layer.channels
    both = relay.const(np.kron(down, across).astype("float32"))
    flat = relay.nn.dense(relay.reshape(weight, (filters * channels, layer.kernel[0] * layer.kernel[1])), both)
    split = relay.reshape(flat, (filters // config.filters, config.filters, channels, rows * columns))
    return relay.transpose(split, (0, 3, 2, 1))


@dataclass(frozen=True)
class _Tiling:
    """How the output is cut: blocks of `rows` x `columns` tiles; each has m[0] x m[1] pixels and reads a[0] x a[1]."""

    m: tuple[int, int]
    a: tuple[int, int]
    rows: int
    columns: int
    blocks_down: int
    blocks_across: int

    @classmethod
    def of(cls, layer: Conv2d, config: Config) -> _Tiling:
        m, a = _sides(layer, config.m)
        rows, columns = config.tile_rows, config.tile_columns
        down, across = tiles.ceil_div(layer.out_height, m[0] * rows), tiles.ceil_div(layer.out_width, m[1] * columns)
        return cls(m, a, rows, columns, down, across)

    def transforms(self, dimension: int) -> Transforms:
        """Those along rows (0: from one row to the next) or columns (1)."""
        return transforms(self.m[dimension], self.a[dimension] - self.m[dimension] + 1)

    def corner(self, block: Any, tile: Any) -> tuple[Any, Any, Any]:
        """(picture, row, column) of the first output pixel of a tile."""
        picture = block // (self.blocks_down * self.blocks_across)
        down, across = block // self.blocks_across % self.blocks_down, block % self.blocks_across
        row, column = down * self.rows + tile // self.columns, across * self.columns + tile % self.columns
        return picture, row * self.m[0], column * self.m[1]

    def place(self, picture: Any, y: Any, x: Any) -> tuple[Any, Any, Any, Any]:
        """(block, tile, row in the tile, column in the tile) of an output pixel."""
        row, column = y // self.m[0], x // self.m[1]
        block = (picture * self.blocks_down + row // self.rows) * self.blocks_across + column // self.columns
        return block, row % self.rows * self.columns + column % self.columns, y % self.m[0], x % self.m[1]


def compute(layer: Conv2d, config: Config, data: Any, weight: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block)."""
    tiling = _Tiling.of(layer, config)
    blocks = layer.batch * tiling.blocks_down * tiling.blocks_across
    transformed = _input_transform(layer, tiling, blocks, data)
    block, a, tile = layer.in_block, tiling.a, config.filters
    channel = te.reduce_axis((0, layer.channels), "channel")
    products: Any = te.compute(
        (blocks, layer.filters // tile, *a, tiling.rows * tiling.columns, tile),
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


def _input_transform(layer: Conv2d, tiling: _Tiling, blocks: int, data: Any) -> Any:
    """B^T d B of every tile and channel, as (blocks, a, a, channels / block, tiles, block)."""
    down, across = tiling.transforms(0).input, tiling.transforms(1).input
    channel_blocks, tiles_of_block = layer.channels // layer.in_block, tiling.rows * tiling.columns

    def pixel(b: Any, c: Any, t: Any, e: Any, s: Any, i: Any) -> Any:
        n, row, column = tiling.corner(b, t)
        y, x = row + e - layer.pads[0], column + s - layer.pads[1]
        inside = te.all(y >= 0, y < layer.height, x >= 0, x < layer.width)
        return te.if_then_else(inside, data[n, c, y, x, i], tir.const(0.0, "float32"))

    shape = (blocks, channel_blocks, tiles_of_block, *tiling.a, layer.in_block)
    patch: Any = te.compute(shape, pixel, name="patch")
    half: Any = te.compute(
        shape,
        lambda b, c, t, e, s, i: linear.select(
            e, linear.product(down, [patch[b, c, t, r, s, i] for r in range(tiling.a[0])])
        ),
        name="input_half",
    )
    return te.compute(
        (blocks, *tiling.a, channel_blocks, tiles_of_block, layer.in_block),
        lambda b, e, s, c, t, i: linear.select(
            s, linear.product(across, [half[b, c, t, e, r, i] for r in range(tiling.a[1])])
        ),
        name="input_transformed",
    )


def _output_transform(tiling: _Tiling, products: Any) -> Any:
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
    tiling = _Tiling.of(layer, config)
    (m, _), a, down, across = tiling.m, tiling.a, tiling.transforms(0), tiling.transforms(1)
    count = layer.batch * tiling.blocks_down * tiling.blocks_across * tiling.rows * tiling.columns
    products = a[0] * a[1] * layer.channels * layer.filters
    inputs = (_entries(down.input) * a[1] + _entries(across.input) * a[0]) * layer.channels
    outputs = (_entries(down.output) * a[1] + _entries(across.output) * m) * layer.filters
    return count * (products + inputs + outputs)


def _entries(matrix: Matrix) -> int:
    return sum(bool(entry) for row in matrix for entry in row)


def schedule(layer: Conv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan = te.create_schedule(result.op)
    steps.inline_epilogue(plan, result, steps.find(result, "conv2d"))
    block, filters, tile = _schedule_output(plan, layer, config, result)
    _schedule_input_transform(plan, config, result, block)
    _schedule_products(plan, layer, config, machine, result, filters)
    _schedule_output_transform(plan, layer, machine, result, tile)
    return plan


def _schedule_output(plan: te.Schedule, layer: Conv2d, config: Config, result: Any) -> tuple[Any, Any, Any]:
    """A task has a block of tiles and a tile of filters; in it, one tile of m x m pixels after the other.

    Returns the loops over blocks, tiles of filters and tiles; the first two may be one.
    """
    stage = plan[result]
    n, k, y, x, i = stage.op.axis
    rows, columns = _sides(layer, config.m)[0]
    block_y, y = stage.split(y, factor=rows * config.tile_rows)
    tile_y, y = stage.split(y, factor=rows)
    block_x, x = stage.split(x, factor=columns * config.tile_columns)
    tile_x, x = stage.split(x, factor=columns)
    tile_k, k = stage.split(k, factor=config.filters // layer.out_block)
    blocks = [n, block_y, block_x]
    outer = [tile_k, *blocks] if config.first == "filters" else [*blocks, tile_k]
    stage.reorder(*outer, tile_y, tile_x, y, x, k, i)
    task = stage.fuse(*(blocks if config.input == "block" else outer))
    stage.parallel(task)
    stage.unroll(k)
    stage.vectorize(i)
    return task, tile_k if config.input == "block" else task, tile_x


def _schedule_input_transform(plan: te.Schedule, config: Config, result: Any, block: Any) -> None:
    """Columns, then rows, of one tile and one block of channels."""
    stage = plan[steps.find(result, "input_transformed")]
    b, e, s, c, t, i = stage.op.axis
    stage.reorder(b, c, t, e, s, i)
    if config.input == "block":
        stage.compute_at(plan[result], block)
    else:
        stage.parallel(stage.fuse(b, c))
    stage.unroll(s)
    stage.vectorize(i)
    half = plan[steps.find(result, "input_half")]
    half.compute_at(stage, t)
    _, _, _, e, s, i = half.op.axis
    half.reorder(s, e, i)
    half.unroll(e)
    half.vectorize(i)
    patch = plan[steps.find(result, "patch")]
    patch.compute_at(stage, t)
    patch.vectorize(patch.op.axis[5])


def _schedule_products(
    plan: te.Schedule, layer: Conv2d, config: Config, machine: Machine, result: Any, filters: Any
) -> None:
    """Each of the a x a products, by register tiles of pixels and filters."""
    products, lanes = steps.find(result, "products"), min(machine.float_lanes, layer.out_block)
    sums = plan.cache_write(products, "local")
    stage = plan[products]
    stage.compute_at(plan[result], filters)
    b, k, e, s, t, f = stage.op.axis
    tile, t = stage.split(t, factor=config.pixels)
    stage.reorder(b, k, e, s, tile, t, f)
    vector, lane = stage.split(f, factor=lanes)
    stage.unroll(t)
    stage.unroll(vector)
    stage.vectorize(lane)
    stage = plan[sums]
    stage.compute_at(plan[products], tile)
    b, k, e, s, t, f = stage.op.axis
    outer, inner = stage.split(stage.op.reduce_axis[0], factor=layer.in_block)
    steps.register_tile(stage, [outer, inner], [t], f, lanes)


def _schedule_output_transform(plan: te.Schedule, layer: Conv2d, machine: Machine, result: Any, tile: Any) -> None:
    """Columns, then rows, of one tile."""
    lanes = min(machine.float_lanes, layer.out_block)
    for name, columns_first in (("output_transformed", False), ("output_half", True)):
        stage = plan[steps.find(result, name)]
        stage.compute_at(plan[result], tile)
        b, k, t, row, column, f = stage.op.axis
        vector, lane = stage.split(f, factor=lanes)
        outer, inner = (column, row) if columns_first else (row, column)
        stage.reorder(b, k, t, vector, outer, inner, lane)
        stage.unroll(inner)
        stage.vectorize(lane)


KERNEL = Kernel("winograd_conv2d", Conv2d, Config, space, pack, compute, work, schedule)
