"""The schedule of Winograd convolution; winograd_algorithm.py has what is computed.

A block of `tile_rows` x `tile_columns` tiles meets `filters` filters at a time: its products stay in the caches and
are transformed right there, and bias, residual and activation are applied as the pixels are written.
"""

from __future__ import annotations

from typing import Any

from tvm import te

from ..layers import FLOATS, Conv2d
from ..machines import Machine
from . import steps, tiles
from .kernel import Kernel
from .winograd_algorithm import compute, pack, work
from .winograd_space import space
from .winograd_tiling import Config, tile_outputs


def schedule(layer: Conv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan = te.create_schedule(result.op)
    steps.inline_epilogue(plan, result, steps.find(result, "conv2d"))
    lanes = tiles.lanes_of(machine, config.filters)
    block, filters, tile = _schedule_output(plan, layer, config, result)
    _schedule_input_transform(plan, config, result, block)
    _schedule_products(plan, layer, config, result, filters, lanes)
    _schedule_output_transform(plan, result, tile, lanes)
    return plan


def _schedule_output(plan: te.Schedule, layer: Conv2d, config: Config, result: Any) -> tuple[Any, Any, Any]:
    """A task has a block of tiles and a tile of filters; in it, one tile of m x m pixels after the other.

    Returns the loops over blocks, tiles of filters and tiles; the first two may be one.
    """
    stage = plan[result]
    n, k, y, x, i = stage.op.axis
    rows, columns = tile_outputs(layer, config.m)
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


def _schedule_products(plan: te.Schedule, layer: Conv2d, config: Config, result: Any, filters: Any, lanes: int) -> None:
    """Each of the a x a products, by register tiles of pixels and filters."""
    products = steps.find(result, "products")
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


def _schedule_output_transform(plan: te.Schedule, result: Any, tile: Any, lanes: int) -> None:
    """Columns, then rows, of one tile."""
    for name, columns_first in (("output_transformed", False), ("output_half", True)):
        stage = plan[steps.find(result, name)]
        stage.compute_at(plan[result], tile)
        b, k, t, row, column, f = stage.op.axis
        vector, lane = stage.split(f, factor=lanes)
        outer, inner = (column, row) if columns_first else (row, column)
        stage.reorder(b, k, t, vector, outer, inner, lane)
        stage.unroll(inner)
        stage.vectorize(lane)


KERNEL = Kernel("winograd_conv2d", Conv2d, Config, space, pack, compute, work, schedule, FLOATS)
