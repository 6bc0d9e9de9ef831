"""Matrix product with packed weights: at batch 1 a stream through the weights, as fast as memory gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tvm import te

from ..layers import FLOATS, Dense
from ..machines import Machine
from . import steps, tiles
from .kernel import Kernel
from .packing import pad_to


@dataclass(frozen=True)
class Config:
    """outputs, rows: the register tile."""

    outputs: int
    rows: int


def space(layer: Dense, machine: Machine) -> Sequence[Config]:
    """Enough vectors of outputs to hide a multiply-add's latency, and as many rows as then fit the registers."""
    return configs(layer, machine, machine.float_lanes, (4, 8, 2, 1))


def configs(layer: Dense, machine: Machine, lanes: int, counts: Sequence[int]) -> Sequence[Config]:
    """One for each number of vectors of `lanes` outputs."""
    found = []
    for vectors in counts:
        most = (machine.vector_registers - 1 - vectors) // vectors
        if most < 1 or (vectors > 1 and vectors * lanes > 2 * layer.outputs):
            continue
        passes = tiles.ceil_div(layer.rows, most)
        found.append(Config(vectors * lanes, tiles.ceil_div(layer.rows, passes)))
    return found


def pack(layer: Dense, config: Config, weight: Any) -> Any:
    """(outputs / tile, inputs, tile), the outputs filled up with zeros."""
    from tvm import relay

    outputs = tiles.round_up(layer.outputs, config.outputs)
    split = relay.reshape(
        pad_to(weight, layer.outputs, outputs, 2), (outputs // config.outputs, config.outputs, layer.inputs)
    )
    return relay.transpose(split, (0, 2, 1))


def compute(layer: Dense, config: Config, data: Any, weight: Any) -> Any:
    """The algorithm; `data` is (rows, inputs)."""
    step = te.reduce_axis((0, layer.inputs), "step")
    rows, tile = tiles.round_up(layer.rows, config.rows), config.outputs
    sums: Any = te.compute(
        (tiles.round_up(layer.outputs, tile) // tile, rows, tile),
        lambda k, r, f: te.sum(data[te.min(r, layer.rows - 1), step] * weight[k, step, f], axis=step),
        name="sums",
    )
    return te.compute(layer.out_shape, lambda r, k: sums[k // tile, r, k % tile], name="dense")


def work(layer: Dense, config: Config) -> int:
    """All register tiles, what lies over the edge too."""
    return tiles.round_up(layer.rows, config.rows) * layer.inputs * tiles.round_up(layer.outputs, config.outputs)


def schedule_tiles(layer: Dense, config: Config, machine: Machine, result: Any) -> tuple[te.Schedule, Any]:
    """The chain of schedule steps but for those of the sums in a register tile, and the stage of these."""
    plan = te.create_schedule(result.op)
    last = steps.find(result, "dense")
    sums = last.op.input_tensors[0]
    steps.inline_epilogue(plan, result, last)

    stage = plan[result]
    r, k = stage.op.axis
    tile_r, r = stage.split(r, factor=config.rows)
    outer = [tile_r]
    if config.outputs <= layer.outputs:  # else there is one, and TVM is to see that
        tile_k, k = stage.split(k, factor=config.outputs)
        outer = [tile_k, tile_r]
    stage.reorder(*outer, r, k)
    task = stage.fuse(*outer)
    stage.parallel(task)
    stage.unroll(r)
    _, lane = stage.split(k, factor=tiles.lanes_of(machine, config.outputs))
    stage.vectorize(lane)

    stage = plan[sums]
    stage.set_scope("local")
    stage.compute_at(plan[result], task)
    return plan, stage


def schedule(layer: Dense, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan, sums = schedule_tiles(layer, config, machine, result)
    k, r, f = sums.op.axis
    steps.register_tile(sums, [k, *sums.op.reduce_axis], [r], f, tiles.lanes_of(machine, config.outputs))
    return plan


KERNEL = Kernel("dense", Dense, Config, space, pack, compute, work, schedule, FLOATS)
