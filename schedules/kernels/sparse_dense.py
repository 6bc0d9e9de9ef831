"""Matrix product with sparse weights: at batch 1 a stream through the blocks that are there.

A task is eight outputs.  Its blocks are summed up in several strands, each in a register of its own, or else every
multiply-add would wait for the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tvm import te

from ..layers import SparseDense
from ..machines import Machine
from ..sparse_blocks import BLOCK
from . import steps, tiles
from .kernel import Kernel

STRANDS = 4  # each tile has a multiple of so many blocks


@dataclass(frozen=True)
class Config:
    """rows: of the data, that a block meets at once."""

    rows: int


def space(layer: SparseDense, machine: Machine) -> Sequence[Config]:
    """As many rows as have room for the sums of all their strands."""
    vectors = BLOCK // tiles.lanes_of(machine, BLOCK)
    most = max(1, (machine.vector_registers - 1 - vectors) // (STRANDS * vectors))
    return [Config(tiles.ceil_div(layer.rows, tiles.ceil_div(layer.rows, most)))]


def pack(layer: SparseDense, config: Config, values: Any, places: Any, starts: Any) -> tuple[Any, ...]:
    """They lie as they are read."""
    return values, places, starts


def compute(layer: SparseDense, config: Config, data: Any, values: Any, places: Any, starts: Any) -> Any:
    """The algorithm; `data` is (rows, inputs)."""
    rows = tiles.round_up(layer.rows, config.rows)

    def strand(tile: Any, s: Any, r: Any, f: Any) -> Any:
        step = te.reduce_axis((0, (starts[tile + 1] - starts[tile]) // STRANDS), "step")
        block = starts[tile] + step * STRANDS + s
        return te.sum(data[te.min(r, layer.rows - 1), places[block]] * values[block, f], axis=step)

    strands: Any = te.compute((layer.tiles, STRANDS, rows, BLOCK), strand, name="strands")
    return te.compute(
        layer.out_shape,
        lambda r, k: sum(
            (strands[k // BLOCK, s, r, k % BLOCK] for s in range(1, STRANDS)), strands[k // BLOCK, 0, r, k % BLOCK]
        ),
        name="sparse_dense",
    )


def work(layer: SparseDense, config: Config) -> int:
    """The blocks that are there."""
    return tiles.round_up(layer.rows, config.rows) * layer.blocks * BLOCK


def schedule(layer: SparseDense, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan = te.create_schedule(result.op)
    last = steps.find(result, "sparse_dense")
    strands = last.op.input_tensors[0]
    steps.inline_epilogue(plan, result, last)
    lanes = tiles.lanes_of(machine, BLOCK)

    stage = plan[result]
    r, k = stage.op.axis
    tile_r, r = stage.split(r, factor=config.rows)
    tile_k, k = stage.split(k, factor=BLOCK)
    stage.reorder(tile_k, tile_r, r, k)
    task = stage.fuse(tile_k, tile_r)
    stage.parallel(task)
    stage.unroll(r)
    _, lane = stage.split(k, factor=lanes)
    stage.vectorize(lane)

    stage = plan[strands]
    stage.set_scope("local")
    stage.compute_at(plan[result], task)
    tile, s, r, f = stage.op.axis
    steps.register_tile(stage, [tile, *stage.op.reduce_axis], [s, r], f, lanes)
    return plan


KERNEL = Kernel("sparse_dense", SparseDense, Config, space, pack, compute, work, schedule)
