"""Transposed convolution whose stride is its kernel: every pixel becomes a patch, and no two patches overlap.

So it is one matrix product for each place in the patch, and writing the result spreads the places out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tvm import te

from ..layers import FLOATS, TransposedConv2d
from ..machines import Machine
from . import steps, tiles
from .kernel import Kernel
from .packing import pad_to


@dataclass(frozen=True)
class Config:
    """filters, columns: the register tile, of filters and of input pixels."""

    filters: int
    columns: int


def space(layer: TransposedConv2d, machine: Machine) -> Sequence[Config]:
    """Register tiles along a row."""
    found = tiles.register_tiles(machine, 1, layer.width, layer.filters, layer.out_block)
    return [Config(tile.filters, tile.columns) for tile in found]


def pack(layer: TransposedConv2d, config: Config, weight: Any) -> Any:
    """(C, K, R, S) as (K / tile, R, S, C / block, block, tile)."""
    from tvm import relay

    blocks, tile = layer.channels // layer.in_block, config.filters
    wanted = tiles.round_up(layer.filters, tile)
    filters_first = pad_to(relay.transpose(weight, (1, 0, 2, 3)), layer.filters, wanted, 4)
    split = relay.reshape(filters_first, (wanted // tile, tile, blocks, layer.in_block, *layer.kernel))
    return relay.transpose(split, (0, 4, 5, 2, 3, 1))


def compute(layer: TransposedConv2d, config: Config, data: Any, weight: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block)."""
    down, across = layer.kernel
    channels = te.reduce_axis((0, layer.channels // layer.in_block), "channels")
    channel = te.reduce_axis((0, layer.in_block), "channel")
    tile, block = config.filters, layer.out_block
    width = tiles.round_up(layer.width, config.columns)
    sums: Any = te.compute(
        (layer.batch, tiles.ceil_div(layer.filters, tile), down, across, layer.height, width, tile),
        lambda n, k, r, s, y, x, f: te.sum(
            data[n, channels, y, te.min(x, layer.width - 1) if width > layer.width else x, channel]
            * weight[k, r, s, channels, channel, f],
            axis=[channels, channel],
        ),
        name="sums",
    )

    def result(n: Any, k: Any, y: Any, x: Any, i: Any) -> Any:
        f = k * block + i
        return sums[n, f // tile, y % down, x % across, y // down, x // across, f % tile]

    return te.compute(layer.out_shape, result, name="conv2d")


def work(layer: TransposedConv2d, config: Config) -> int:
    """All register tiles, what lies over the edge too."""
    return layer.macs // layer.width * tiles.round_up(layer.width, config.columns)


def schedule_tiles(layer: TransposedConv2d, config: Config, result: Any) -> tuple[te.Schedule, Any]:
    """The chain of schedule steps but for those of the sums in a register tile, and the stage of these."""
    plan = te.create_schedule(result.op)
    last = steps.find(result, "conv2d")
    sums = last.op.input_tensors[0]
    steps.inline_epilogue(plan, result, last)

    # The output: a task is a row of input pixels with all their places; a tile is one place of some pixels.
    stage = plan[result]
    n, k, y, x, i = stage.op.axis
    y, place_y = stage.split(y, factor=layer.kernel[0])
    x, place_x = stage.split(x, factor=layer.kernel[1])
    tile_x, x = stage.split(x, factor=config.columns)
    outer = [n, y]
    if config.filters <= layer.filters:  # else there is one, and TVM is to see that
        tile_k, k = stage.split(k, factor=max(1, config.filters // layer.out_block))
        outer.append(tile_k)
    stage.reorder(*outer, tile_x, place_y, place_x, x, k, i)
    task = stage.fuse(*outer)
    stage.parallel(task)
    for axis in (x, k):
        stage.unroll(axis)
    stage.vectorize(i)

    # Its sums, in registers.
    stage = plan[sums]
    stage.set_scope("local")
    stage.compute_at(plan[result], place_x)
    return plan, stage


def schedule(layer: TransposedConv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan, sums = schedule_tiles(layer, config, result)
    n, k, r, s, y, x, f = sums.op.axis
    steps.register_tile(sums, [n, k, r, s, y, *sums.op.reduce_axis], [x], f, tiles.lanes_of(machine, config.filters))
    return plan


KERNEL = Kernel("transposed_conv2d", TransposedConv2d, Config, space, pack, compute, work, schedule, FLOATS)
