"""Depthwise convolution of 8-bit values: four taps of a row at once, by the machine's dot product.

Four neighbouring pixels of a vector of channels, transposed, hold the taps of as many outputs as fit: of two for three
taps at stride 1, with the weights (a, b, c, 0) and (0, a, b, c).  So a transposition and two dot products take the
place of six multiply-adds.  A task is a strip of rows of one block of channels, copied with its zeros first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvm import te

from ..instructions import dot_of, multiplies
from ..instructions.dot import QUAD
from ..instructions.spread_dot import channels_at_once, spread_intrinsic
from ..layers import Conv2d
from ..machines import Machine
from . import steps, tiles
from .kernel import INTEGERS, Kernel
from .padding import padded_to
from .strips import Config

_FEWEST_LANES = 4


def space(layer: Conv2d, machine: Machine) -> Sequence[Config]:
    """Strips whose input stays in the first-level cache; few or many columns."""
    if not layer.depthwise or layer.in_block != layer.out_block or layer.dilations[1] > 1:
        return ()
    if not multiplies(machine, layer.dtype) or not dot_of(machine).spreads or layer.in_block % _FEWEST_LANES:
        return ()
    shared = outputs_of_quads(layer)
    vectors = layer.out_block // tiles.lanes_of(machine, layer.out_block)
    most = max(1, machine.vector_registers // 2 // vectors)
    strips = [one for one in tiles.divisors(layer.out_height) if _input_bytes(layer, one) <= machine.l1d_bytes // 2]
    counts = range(shared, max(shared, min(most, tiles.round_up(layer.out_width, shared))) + 1, shared)
    columns = sorted(counts, key=lambda count: (tiles.round_up(layer.out_width, count) * (1 + 1 / count), -count))
    return [Config(strip, count) for strip in (strips or [1])[::-1][:3] for count in columns[:2]]


def outputs_of_quads(layer: Conv2d) -> int:
    """How many neighbouring outputs of a row the quads for one of them hold the taps of."""
    return (_quads(layer) * QUAD - layer.kernel[1]) // layer.strides[1] + 1


def _quads(layer: Conv2d) -> int:
    return tiles.ceil_div(layer.kernel[1], QUAD)


def _columns_read(layer: Conv2d, outputs: int) -> int:
    """How many pixels of a row so many outputs' quads reach over."""
    shared = outputs_of_quads(layer)
    return (tiles.ceil_div(outputs, shared) - 1) * shared * layer.strides[1] + _quads(layer) * QUAD


def _input_bytes(layer: Conv2d, rows: int) -> int:
    return layer.reads(0, rows) * _columns_read(layer, layer.out_width) * layer.in_block


def pack(layer: Conv2d, _config: Config, weight: Any, beyond: Any) -> tuple[Any, Any]:
    """(channels / block, vertical, outputs of the quads, quads, block, QUAD), and the value of padding."""
    from tvm import relay

    shared, quads, (vertical, horizontal) = outputs_of_quads(layer), _quads(layer), layer.kernel
    rows = relay.reshape(weight, (layer.channels, vertical, horizontal))
    moved = []
    for output in range(shared):
        before = output * layer.strides[1]
        moved.append(relay.nn.pad(rows, [(0, 0), (0, 0), (before, quads * QUAD - horizontal - before)]))
    split = (layer.channels // layer.in_block, layer.in_block, vertical, shared, quads, QUAD)
    return relay.transpose(relay.reshape(relay.stack(moved, 2), split), (0, 2, 3, 4, 1, 5)), beyond


def compute(layer: Conv2d, config: Config, data: Any, weight: Any, beyond: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block), `beyond` a scalar."""
    shared = outputs_of_quads(layer)
    columns = tiles.round_up(layer.out_width, config.columns)
    rows = tiles.round_up(layer.out_height, config.strip)
    image = padded_to(layer, data, (layer.reads(0, rows), _columns_read(layer, columns)), beyond[()])
    vertical = te.reduce_axis((0, layer.kernel[0]), "vertical")
    quad = te.reduce_axis((0, _quads(layer)), "quads")
    step = te.reduce_axis((0, QUAD), "step")

    def product(n: Any, c: Any, y: Any, x: Any, p: Any, i: Any) -> Any:
        row = y * layer.strides[0] + vertical * layer.dilations[0]
        column = x * (shared * layer.strides[1]) + quad * QUAD + step
        value = image[n, c, row, column, i].astype("int32")
        return te.sum(value * weight[c, vertical, p, quad, i, step].astype("int32"), axis=[vertical, quad, step])

    shape = (*image.shape[:2], rows, columns // shared, shared, layer.in_block)
    sums: Any = te.compute(shape, product, name="sums")
    return te.compute(layer.out_shape, lambda n, c, y, x, i: sums[n, c, y, x // shared, x % shared, i], name="conv2d")


def work(layer: Conv2d, config: Config) -> int:
    """All taps of the quads, of what lies over the edge too."""
    height, width = tiles.round_up(layer.out_height, config.strip), tiles.round_up(layer.out_width, config.columns)
    return layer.batch * layer.channels * height * width * layer.kernel[0] * _quads(layer) * QUAD


def schedule(layer: Conv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan = te.create_schedule(result.op)
    last = steps.find(result, "conv2d")
    sums = last.op.input_tensors[0]
    steps.inline_epilogue(plan, result, last)
    lanes = tiles.lanes_of(machine, layer.out_block)

    # The output: a strip of rows of one block of channels is a task.
    stage = plan[result]
    n, c, y, x, i = stage.op.axis
    strip, y = stage.split(y, factor=config.strip)
    tile, x = stage.split(x, factor=config.columns)
    stage.reorder(n, c, strip, y, tile, x, i)
    task = stage.fuse(n, c, strip)
    stage.parallel(task)
    stage.unroll(x)
    stage.vectorize(i)

    # What it reads, with what lies beyond the edges.
    image = sums.op.input_tensors[0]
    steps.inline_scalars(plan, image)
    plan[image].compute_at(stage, task)
    plan[image].vectorize(plan[image].op.axis[4])

    # Its sums, in registers: outputs that share pixels are neighbours, so that these are transposed once.
    stage = plan[sums]
    stage.set_scope("local")
    stage.compute_at(plan[result], tile)
    n, c, y, x, p, i = stage.op.axis
    vertical, quad, step = stage.op.reduce_axis
    vector, lane = stage.split(i, factor=channels_at_once(lanes, layer.in_block))
    stage.reorder(n, c, y, vertical, quad, x, vector, p, lane, step)
    for axis in (vertical, quad, x, vector, p):
        stage.unroll(axis)
    stage.tensorize(lane, spread_intrinsic(dot_of(machine), lanes, layer.in_block))
    return plan


KERNEL = Kernel("integer_depthwise", Conv2d, Config, space, pack, compute, work, schedule, INTEGERS)
