"""Matrix product of 8-bit values with 32-bit sums, by the machine's dot product: `dense` with four inputs a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvm import te

from ..instructions import dot_of, multiplies, with_room
from ..instructions.dot import QUAD, intrinsic
from ..layers import Dense
from ..machines import Machine
from . import dense, tiles
from .dense import Config
from .kernel import INTEGERS, Kernel
from .packing import pad_to
from .whole_tiles import FEWEST_LANES, read_tile


def space(layer: Dense, machine: Machine) -> Sequence[Config]:
    """As for the fp32 kernel, but of whole tiles, and where the inputs are whole quads."""
    if not multiplies(machine, layer.dtype) or layer.inputs % QUAD:
        return ()
    lanes = tiles.lanes_of(machine, layer.outputs)
    if lanes >= FEWEST_LANES:
        counts = [count for count in (4, 5, 8, 2, 1) if layer.outputs % (count * lanes) == 0]
        return dense.configs(layer, with_room(machine), lanes, counts)
    found = dense.configs(layer, with_room(machine), machine.float_lanes, (8, 4, 2, 1))
    return [one for one in found if one.outputs > layer.outputs]


def pack(layer: Dense, config: Config, weight: Any) -> Any:
    """(outputs / tile, inputs / QUAD, tile, QUAD), the outputs filled up with zeros."""
    from tvm import relay

    outputs = tiles.round_up(layer.outputs, config.outputs)
    padded = pad_to(weight, layer.outputs, outputs, 2)
    split = relay.reshape(padded, (outputs // config.outputs, config.outputs, layer.inputs // QUAD, QUAD))
    return relay.transpose(split, (0, 2, 1, 3))


def compute(layer: Dense, config: Config, data: Any, weight: Any) -> Any:
    """The algorithm; `data` is (rows, inputs)."""
    quad, step = te.reduce_axis((0, layer.inputs // QUAD), "quads"), te.reduce_axis((0, QUAD), "step")
    rows, tile = tiles.round_up(layer.rows, config.rows), config.outputs

    def product(k: Any, r: Any, f: Any) -> Any:
        value = data[te.min(r, layer.rows - 1), quad * QUAD + step].astype("int32")
        return te.sum(value * weight[k, quad, f, step].astype("int32"), axis=[quad, step])

    sums: Any = te.compute((tiles.round_up(layer.outputs, tile) // tile, rows, tile), product, name="sums")
    return te.compute(layer.out_shape, lambda r, k: read_tile(sums, (), k, (r,), layer.outputs, tile), name="dense")


def schedule(layer: Dense, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan, sums = dense.schedule_tiles(layer, config, machine, result)
    k, r, f = sums.op.axis
    quad, step = sums.op.reduce_axis
    lanes = tiles.lanes_of(machine, config.outputs)
    vector, lane = sums.split(f, factor=lanes)
    sums.reorder(k, quad, r, vector, lane, step)
    for axis in (r, vector):
        sums.unroll(axis)
    sums.tensorize(lane, intrinsic(dot_of(machine), lanes))
    return plan


KERNEL = Kernel("integer_dense", Dense, Config, space, pack, compute, dense.work, schedule, INTEGERS)
