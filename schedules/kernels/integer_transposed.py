"""`transposed_conv2d` on 8-bit values with 32-bit sums, by the machine's dot product: four channels a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvm import te

from ..instructions import dot_of, multiplies, with_room
from ..instructions.dot import QUAD, intrinsic
from ..layers import TransposedConv2d
from ..machines import Machine
from . import tiles, transposed_conv2d
from .kernel import INTEGERS, Kernel
from .packing import pad_to
from .transposed_conv2d import Config
from .whole_tiles import read_tile, whole_tiles


def space(layer: TransposedConv2d, machine: Machine) -> Sequence[Config]:
    """The register tiles of the fp32 kernel, where a block has whole quads."""
    if not multiplies(machine, layer.dtype) or layer.in_block % QUAD:
        return ()
    found = whole_tiles(with_room(machine), (1, layer.width), layer.filters, layer.out_block)
    return [Config(tile.filters, tile.columns) for tile in found]


def pack(layer: TransposedConv2d, config: Config, weight: Any) -> Any:
    """(C, K, R, S) as (K / tile, R, S, C / block, block / QUAD, tile, QUAD)."""
    from tvm import relay

    blocks, tile, quads = layer.channels // layer.in_block, config.filters, layer.in_block // QUAD
    wanted = tiles.round_up(layer.filters, tile)
    filters_first = pad_to(relay.transpose(weight, (1, 0, 2, 3)), layer.filters, wanted, 4)
    split = relay.reshape(filters_first, (wanted // tile, tile, blocks, quads, QUAD, *layer.kernel))
    return relay.transpose(split, (0, 5, 6, 2, 3, 1, 4))


def compute(layer: TransposedConv2d, config: Config, data: Any, weight: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block)."""
    down, across = layer.kernel
    channels = te.reduce_axis((0, layer.channels // layer.in_block), "channels")
    quad, step = te.reduce_axis((0, layer.in_block // QUAD), "quads"), te.reduce_axis((0, QUAD), "step")
    tile, block = config.filters, layer.out_block
    width = tiles.round_up(layer.width, config.columns)

    def product(n: Any, k: Any, r: Any, s: Any, y: Any, x: Any, f: Any) -> Any:
        column = te.min(x, layer.width - 1) if width > layer.width else x
        value = data[n, channels, y, column, quad * QUAD + step].astype("int32")
        return te.sum(value * weight[k, r, s, channels, quad, f, step].astype("int32"), axis=[channels, quad, step])

    shape = (layer.batch, tiles.ceil_div(layer.filters, tile), down, across, layer.height, width, tile)
    sums: Any = te.compute(shape, product, name="sums")

    def result(n: Any, k: Any, y: Any, x: Any, i: Any) -> Any:
        place = (y % down, x % across, y // down, x // across)
        return read_tile(sums, (n,), k * block + i, place, layer.filters, tile)

    return te.compute(layer.out_shape, result, name="conv2d")


def schedule(layer: TransposedConv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan, sums = transposed_conv2d.schedule_tiles(layer, config, result)
    lanes = tiles.lanes_of(machine, config.filters)
    n, k, r, s, y, x, f = sums.op.axis
    *outer, step = sums.op.reduce_axis
    vector, lane = sums.split(f, factor=lanes)
    sums.reorder(n, k, r, s, y, *outer, x, vector, lane, step)
    for axis in (x, vector):
        sums.unroll(axis)
    sums.tensorize(lane, intrinsic(dot_of(machine), lanes))
    return plan


KERNEL = Kernel(
    "integer_transposed", TransposedConv2d, Config, space, pack, compute, transposed_conv2d.work, schedule, INTEGERS
)
