"""1x1 convolution with sparse weights: every block that is there meets all pixels of a register tile.

Eight filters by as many pixels as the registers hold: what a block costs beyond its multiply-adds is to read its
place, once for all pixels.  (Elsen et al. 2020, "Fast Sparse ConvNets", arXiv:1911.09723, have the same loop.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tvm import te, tir

from ..layers import SparseConv2d
from ..machines import Machine
from ..sparse_blocks import BLOCK
from . import steps, tiles
from .kernel import Kernel

_SPARE = 2  # of NEON's registers: with 28 sums LLVM spills four in every step


@dataclass(frozen=True)
class Config:
    """rows, columns: of the pixels in a register tile; first: as in direct_conv2d."""

    rows: int
    columns: int
    first: str


def space(layer: SparseConv2d, machine: Machine) -> Sequence[Config]:
    """The register tile with the least waste, in the order that keeps the smaller operand in the caches."""
    if layer.out_block % BLOCK or layer.in_block & (layer.in_block - 1):
        return ()
    bits = min(machine.vector_bits, BLOCK * machine.lane_bits)
    registers = machine.vector_registers - (_SPARE if bits < BLOCK * machine.lane_bits else 0)
    machine = replace(machine, vector_bits=bits, vector_registers=registers)
    found = tiles.register_tiles(machine, layer.height, layer.width, BLOCK, BLOCK, exact=True)
    first = "pixels" if layer.blocks * BLOCK < layer.channels * layer.height * layer.width else "filters"
    return [Config(tile.rows, tile.columns, first) for tile in found if tile.filters == BLOCK][:1]


def pack(layer: SparseConv2d, config: Config, values: Any, places: Any, starts: Any) -> tuple[Any, ...]:
    """They lie as they are read."""
    return values, places, starts


def compute(layer: SparseConv2d, config: Config, data: Any, values: Any, places: Any, starts: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block)."""
    height, width = tiles.round_up(layer.height, config.rows), tiles.round_up(layer.width, config.columns)
    bits = layer.in_block.bit_length() - 1

    def product(n: Any, tile: Any, y: Any, x: Any, f: Any) -> Any:
        step = te.reduce_axis((0, starts[tile + 1] - starts[tile]), "step")
        block = starts[tile] + step
        channel = places[block]
        # A tile over the edge computes the last pixel again, and drops it.
        row, column = te.min(y, layer.height - 1), te.min(x, layer.width - 1)
        outer, inner = tir.shift_right(channel, tir.const(bits, "int32")), channel & (layer.in_block - 1)
        return te.sum(data[n, outer, row, column, inner] * values[block, f], axis=step)

    sums: Any = te.compute((layer.batch, layer.filters // BLOCK, height, width, BLOCK), product, name="sums")
    of_block = layer.out_block // BLOCK
    return te.compute(
        layer.out_shape,
        lambda n, k, y, x, i: sums[n, k * of_block + i // BLOCK, y, x, i % BLOCK],
        name="sparse_conv2d",
    )


def work(layer: SparseConv2d, config: Config) -> int:
    """The blocks that are there, with pixels over the edge."""
    height, width = tiles.round_up(layer.height, config.rows), tiles.round_up(layer.width, config.columns)
    return layer.batch * height * width * layer.blocks * BLOCK


def schedule(layer: SparseConv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan = te.create_schedule(result.op)
    last = steps.find(result, "sparse_conv2d")
    sums = last.op.input_tensors[0]
    steps.inline_epilogue(plan, result, last)

    stage = plan[result]
    n, k, y, x, i = stage.op.axis
    tile_y, y = stage.split(y, factor=config.rows)
    tile_x, x = stage.split(x, factor=config.columns)
    tile_i, i = stage.split(i, factor=BLOCK)
    pixels, filters = [n, tile_y, tile_x], [k, tile_i]
    outer = [*pixels, *filters] if config.first == "pixels" else [*filters, *pixels]
    stage.reorder(*outer, y, x, i)
    task = stage.fuse(*outer)
    stage.parallel(task)
    for axis in (y, x):
        stage.unroll(axis)
    stage.vectorize(i)

    stage = plan[sums]
    stage.set_scope("local")
    stage.compute_at(plan[result], task)
    n, tile, y, x, f = stage.op.axis
    steps.register_tile(stage, [n, tile, *stage.op.reduce_axis], [y, x], f, tiles.lanes_of(machine, BLOCK))
    return plan


KERNEL = Kernel("sparse_conv2d", SparseConv2d, Config, space, pack, compute, work, schedule)
