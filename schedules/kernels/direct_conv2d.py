"""Direct convolution as an indirect matrix product: rows are pixels, read where they lie; weights are packed.

A register tile is `rows` x `columns` output pixels by `filters` of them.  For every weight vector each pixel's value is
broadcast and multiplied in, as in the GEMM kernel of Goto and van de Geijn (2008); no im2col copy is made.  1x1
convolutions are the plain matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tvm import te, tir

from ..layers import FLOATS, Conv2d
from ..machines import Machine
from . import steps, tiles
from .kernel import Kernel
from .packing import pack_filters
from .padding import padded
from .planes import padded_planes

# From planes LLVM loads the values of several steps at once, a register each: with 24 sums and NEON's four vectors of
# weights it then spills, which takes 1.4 times the instructions.
_NEON_BITS, _OF_PLANES = 128, 8


@dataclass(frozen=True)
class Config:
    """filters, rows, columns: the register tile; first: what the outer loop, and so a thread, keeps in its cache.

    With first="pixels" a tile of pixels meets all filters before the next one; with "filters" a tile of filters meets
    all pixels.
    """

    filters: int
    rows: int
    columns: int
    first: str


def space(layer: Conv2d, machine: Machine) -> Sequence[Config]:
    """Register tiles that fill the machine's registers, with little waste at the edges, the least wasteful first."""
    if layer.depthwise or layer.filters // layer.groups % layer.out_block:
        return ()
    if layer.channels // layer.groups % layer.in_block:
        return ()
    size, filters, block = (layer.out_height, layer.out_width), layer.filters // layer.groups, layer.out_block
    if layer.in_block == 1 and machine.vector_bits == _NEON_BITS:
        machine = replace(machine, vector_registers=machine.vector_registers - _OF_PLANES)
    found = tiles.register_tiles(machine, *size, filters, block, exact=layer.groups > 1)
    return in_both_orders(layer, found)


def in_both_orders(layer: Conv2d, found: Sequence[tiles.Tile]) -> Sequence[Config]:
    """Each tile in both orders, the one that keeps the smaller operand in the caches first."""
    weights = layer.filters * layer.channels * layer.kernel[0] * layer.kernel[1]
    orders = ("pixels", "filters") if weights < layer.channels * layer.height * layer.width else ("filters", "pixels")
    return [Config(tile.filters, tile.rows, tile.columns, order) for tile in found for order in orders]


def pack(layer: Conv2d, config: Config, weight: Any) -> Any:
    """(filters / tile, channels / block, vertical, horizontal, block, tile)."""
    return pack_filters(weight, layer.weight_shape, config.filters, layer.in_block)


def compute(layer: Conv2d, config: Config, data: Any, weight: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block)."""
    height, width = tiles.round_up(layer.out_height, config.rows), tiles.round_up(layer.out_width, config.columns)
    image = _image(layer, data, height, width)
    filters_of_group = layer.filters // layer.groups
    group_blocks = layer.channels // layer.groups // layer.in_block
    channels = te.reduce_axis((0, group_blocks), "channels")
    vertical = te.reduce_axis((0, layer.kernel[0]), "vertical")
    horizontal = te.reduce_axis((0, layer.kernel[1]), "horizontal")
    channel = te.reduce_axis((0, layer.in_block), "channel")

    def product(n: Any, tile: Any, y: Any, x: Any, f: Any) -> Any:
        group = tir.floordiv(tile * config.filters, filters_of_group) if layer.groups > 1 else 0
        row = y * layer.strides[0] + vertical * layer.dilations[0]
        column = x * layer.strides[1] + horizontal * layer.dilations[1]
        return te.sum(
            image(n, group * group_blocks + channels, row, column, channel)
            * weight[tile, channels, vertical, horizontal, channel, f],
            axis=[channels, vertical, horizontal, channel],
        )

    shape = (layer.batch, tiles.ceil_div(layer.filters, config.filters), height, width, config.filters)
    sums: Any = te.compute(shape, product, name="sums")
    block, tile = layer.out_block, config.filters
    return te.compute(
        layer.out_shape,
        lambda n, k, y, x, i: sums[n, (k * block + i) // tile, y, x, (k * block + i) % tile],
        name="conv2d",
    )


def _image(layer: Conv2d, data: Any, height: int, width: int) -> Any:
    """A function that reads the image with its zeros around it, and those that tiles over the edge read."""
    if any(layer.pads) and layer.in_block == 1:
        planes = padded_planes(layer, data, layer.reads(0, height), layer.reads(1, width))
        return lambda n, c, y, x, i: planes[n, c, y, x]
    if any(layer.pads):
        return padded(layer, data, height, width)
    if layer.reads(0, height) <= layer.height and layer.reads(1, width) <= layer.width:
        return lambda n, c, y, x, i: data[n, c, y, x, i]
    # A tile over the edge computes the last pixel again, and drops it.
    return lambda n, c, y, x, i: data[n, c, te.min(y, layer.height - 1), te.min(x, layer.width - 1), i]


def work(layer: Conv2d, config: Config) -> int:
    """All register tiles, what lies over the edge too."""
    height, width = tiles.round_up(layer.out_height, config.rows), tiles.round_up(layer.out_width, config.columns)
    return layer.macs // (layer.out_height * layer.out_width) * height * width


def schedule_tiles(layer: Conv2d, config: Config, result: Any) -> tuple[te.Schedule, Any]:
    """The chain of schedule steps but for those of the sums in a register tile, and the stage of these."""
    plan = te.create_schedule(result.op)
    last = steps.find(result, "conv2d")
    sums = last.op.input_tensors[0]
    steps.inline_epilogue(plan, result, last)

    # Zeros around the image, a block of channels a task.
    image = sums.op.input_tensors[0]
    if image.op.name == "padded" and isinstance(image.op, te.ComputeOp):  # one of planes is scheduled as it stands
        steps.inline_scalars(plan, image)
        n, c, *_, i = plan[image].op.axis
        plan[image].parallel(plan[image].fuse(n, c))
        plan[image].vectorize(i)

    # The output, a register tile at a time; the tiles are the tasks.
    stage = plan[result]
    n, k, y, x, i = stage.op.axis
    tile_y, y = stage.split(y, factor=config.rows)
    tile_x, x = stage.split(x, factor=config.columns)
    tiles_k = []
    if config.filters <= layer.filters:  # else there is one, and TVM is to see that
        tile_k, k = stage.split(k, factor=max(1, config.filters // layer.out_block))
        tiles_k = [tile_k]
    outer = [n, tile_y, tile_x, *tiles_k] if config.first == "pixels" else [*tiles_k, n, tile_y, tile_x]
    stage.reorder(*outer, y, x, k, i)
    task = stage.fuse(*outer)
    stage.parallel(task)
    for axis in (y, x, k):
        stage.unroll(axis)
    stage.vectorize(i)

    # Its sums: in registers, over all weights of the tile of filters.
    stage = plan[sums]
    stage.set_scope("local")
    stage.compute_at(plan[result], task)
    return plan, stage


def schedule(layer: Conv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan, sums = schedule_tiles(layer, config, result)
    n, k, y, x, f = sums.op.axis
    steps.register_tile(sums, [n, k, *sums.op.reduce_axis], [y, x], f, tiles.lanes_of(machine, config.filters))
    return plan


KERNEL = Kernel("direct_conv2d", Conv2d, Config, space, pack, compute, work, schedule, FLOATS)
