"""Direct convolution of 8-bit values with 32-bit sums, by the machine's dot product of four.

The indirect matrix product of `direct_conv2d`, whose innermost step multiplies four values at once: four neighbouring
channels of a pixel, or, where channels lie in planes of their own (a picture's three), four neighbouring pixels of a
row.  What is missing to four is filled up with weights of 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvm import te, tir

from ..instructions import dot_of, multiplies, with_room
from ..instructions.dot import QUAD, intrinsic
from ..layers import Conv2d
from ..machines import Machine
from . import direct_conv2d, tiles
from .direct_conv2d import Config
from .kernel import INTEGERS, Kernel
from .packing import pad_to
from .padding import padded_to
from .planes import padded_planes
from .whole_tiles import read_tile, whole_tiles


def space(layer: Conv2d, machine: Machine) -> Sequence[Config]:
    """As for the fp32 kernel, since a sum takes as much room, but of whole tiles."""
    if not multiplies(machine, layer.dtype) or (_in_planes(layer) and layer.dilations[1] > 1):
        return ()
    if layer.depthwise or layer.filters // layer.groups % layer.out_block:
        return ()
    if layer.channels // layer.groups % layer.in_block:
        return ()
    size, filters = (layer.out_height, layer.out_width), layer.filters // layer.groups
    return direct_conv2d.in_both_orders(
        layer, whole_tiles(with_room(machine), size, filters, layer.out_block, layer.groups > 1)
    )


def _in_planes(layer: Conv2d) -> bool:
    return layer.in_block == 1


def _quads(layer: Conv2d) -> int:
    """Groups of four in a block of channels, or in a row of the kernel."""
    return tiles.ceil_div(layer.kernel[1] if _in_planes(layer) else layer.in_block, QUAD)


def pack(layer: Conv2d, config: Config, weight: Any, beyond: Any) -> tuple[Any, Any]:
    """(filters / tile, channels / block, vertical, horizontal, quads, tile, QUAD), and the value of padding.

    In planes there is one horizontal step, and the quads are those of a row of the kernel.
    """
    from tvm import relay

    filters, channels, vertical, horizontal = layer.weight_shape
    wanted, block, quads = tiles.round_up(filters, config.filters), layer.in_block, _quads(layer)
    weight = pad_to(weight, filters, wanted, 4)
    tile = (wanted // config.filters, config.filters)
    if _in_planes(layer):
        weight = relay.nn.pad(weight, [(0, 0), (0, 0), (0, 0), (0, quads * QUAD - horizontal)])
        split = relay.reshape(weight, (*tile, channels, vertical, 1, quads, QUAD))
        return relay.transpose(split, (0, 2, 3, 4, 5, 1, 6)), beyond
    split = relay.reshape(weight, (*tile, channels // block, block, vertical, horizontal))
    split = relay.nn.pad(split, [(0, 0), (0, 0), (0, 0), (0, quads * QUAD - block), (0, 0), (0, 0)])
    split = relay.reshape(split, (*tile, channels // block, quads, QUAD, vertical, horizontal))
    return relay.transpose(split, (0, 2, 5, 6, 3, 1, 4)), beyond


def compute(layer: Conv2d, config: Config, data: Any, weight: Any, beyond: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block), `beyond` a scalar."""
    height, width = tiles.round_up(layer.out_height, config.rows), tiles.round_up(layer.out_width, config.columns)
    read = _reader(layer, data, beyond, height, width)
    of_group = layer.channels // layer.groups // layer.in_block
    filters_of_group = layer.filters // layer.groups
    axes = [
        te.reduce_axis((0, of_group), "channels"),
        te.reduce_axis((0, layer.kernel[0]), "vertical"),
        te.reduce_axis((0, 1 if _in_planes(layer) else layer.kernel[1]), "horizontal"),
        te.reduce_axis((0, _quads(layer)), "quads"),
        te.reduce_axis((0, QUAD), "step"),
    ]
    channels, vertical, horizontal, quad, step = axes

    def product(n: Any, tile: Any, y: Any, x: Any, f: Any) -> Any:
        group = tir.floordiv(tile * config.filters, filters_of_group) if layer.groups > 1 else 0
        row = y * layer.strides[0] + vertical * layer.dilations[0]
        column = x * layer.strides[1] + horizontal * layer.dilations[1]
        value = read(n, group * of_group + channels, row, column, quad * QUAD + step)
        factor = weight[tile, channels, vertical, horizontal, quad, f, step]
        return te.sum(value.astype("int32") * factor.astype("int32"), axis=axes)

    shape = (layer.batch, tiles.ceil_div(layer.filters, config.filters), height, width, config.filters)
    sums: Any = te.compute(shape, product, name="sums")
    block, tile = layer.out_block, config.filters
    return te.compute(
        layer.out_shape,
        lambda n, k, y, x, i: read_tile(sums, (n,), k * block + i, (y, x), layer.filters, tile),
        name="conv2d",
    )


def _reader(layer: Conv2d, data: Any, beyond: Any, height: int, width: int) -> Any:
    """A function that reads four values from one place on: from `data`, or from a copy with all that is missing."""
    if _in_planes(layer):
        columns = (width - 1) * layer.strides[1] + _quads(layer) * QUAD
        planes = padded_planes(layer, data, layer.reads(0, height), columns, beyond)
        return lambda n, c, y, x, i: planes[n, c, y, x + i]
    inside = layer.reads(0, height) <= layer.height and layer.reads(1, width) <= layer.width
    if not any(layer.pads) and layer.in_block % QUAD == 0:
        if inside:
            return lambda n, c, y, x, i: data[n, c, y, x, i]
        return lambda n, c, y, x, i: data[n, c, te.min(y, layer.height - 1), te.min(x, layer.width - 1), i]
    size, block = (layer.reads(0, height), layer.reads(1, width)), tiles.round_up(layer.in_block, QUAD)
    copy = padded_to(layer, data, size, beyond[()], block)
    return lambda n, c, y, x, i: copy[n, c, y, x, i]


def work(layer: Conv2d, config: Config) -> int:
    """All register tiles, what lies over the edge too, and the values that fill up the quads."""
    length = layer.kernel[1] if _in_planes(layer) else layer.in_block
    return direct_conv2d.work(layer, config) // length * _quads(layer) * QUAD


def schedule(layer: Conv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan, sums = direct_conv2d.schedule_tiles(layer, config, result)
    lanes = tiles.lanes_of(machine, config.filters)
    n, k, y, x, f = sums.op.axis
    *outer, step = sums.op.reduce_axis
    vector, lane = sums.split(f, factor=lanes)
    sums.reorder(n, k, *outer, y, x, vector, lane, step)
    for axis in (y, x, vector):
        sums.unroll(axis)
    sums.tensorize(lane, intrinsic(dot_of(machine), lanes))
    return plan


KERNEL = Kernel("integer_conv2d", Conv2d, Config, space, pack, compute, work, schedule, INTEGERS)
