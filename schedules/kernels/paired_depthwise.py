"""Depthwise convolution of 8-bit values, channel by channel: two taps at a time, their products added in 16 bits.

For Arm without the dot product: SMULL and SMLAL give two products for eight channels, SADDW adds them to the sums.
With four taps of a channel side by side, as in `integer_depthwise`, it would be the same instructions and a
transposition before them.  A task is a strip of rows of one block of channels, copied with its padding first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvm import te, tir

from ..instructions import dot_of, multiplies
from ..layers import Conv2d
from ..machines import Machine
from . import depthwise_conv2d, steps, tiles
from .kernel import INTEGERS, Kernel
from .padding import padded
from .strips import Config

_PAIR = 2
_FEWEST_LANES = 4


def space(layer: Conv2d, machine: Machine) -> Sequence[Config]:
    """Strips whose input stays in the first-level cache; one column, or as many as the registers have sums for."""
    if not layer.depthwise or layer.in_block != layer.out_block or layer.in_block % _FEWEST_LANES:
        return ()
    if not multiplies(machine, layer.dtype) or dot_of(machine).spreads:
        return ()
    most = max(1, machine.vector_registers // 2 // (layer.out_block // machine.float_lanes))
    strips = [one for one in tiles.divisors(layer.out_height) if _input_bytes(layer, one) <= machine.l1d_bytes // 2]
    columns = tiles.best_parts(layer.out_width, most)[:2]
    return [Config(strip, count) for strip in (strips or [1])[::-1][:3] for count in columns]


def _input_bytes(layer: Conv2d, rows: int) -> int:
    return layer.reads(0, rows) * layer.reads(1, layer.out_width) * layer.in_block


def pack(layer: Conv2d, config: Config, weight: Any, beyond: Any) -> tuple[Any, Any]:
    """(channels / block, vertical, horizontal, block), and the value of padding."""
    return depthwise_conv2d.pack(layer, config, weight), beyond


def compute(layer: Conv2d, config: Config, data: Any, weight: Any, beyond: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block), `beyond` a scalar."""
    rows, columns = tiles.round_up(layer.out_height, config.strip), tiles.round_up(layer.out_width, config.columns)
    image = padded(layer, data, rows, columns, beyond[()])
    taps, across = layer.kernel[0] * layer.kernel[1], layer.kernel[1]
    pair = te.reduce_axis((0, tiles.ceil_div(taps, _PAIR)), "pairs")

    def sums(n: Any, c: Any, y: Any, x: Any, i: Any) -> Any:
        def product(tap: Any) -> Any:
            down, right = tir.floordiv(tap, across), tir.floormod(tap, across)
            row, column = (
                y * layer.strides[0] + down * layer.dilations[0],
                x * layer.strides[1] + right * layer.dilations[1],
            )
            return image[n, c, row, column, i].astype("int16") * weight[c, down, right, i].astype("int16")

        first = pair * _PAIR
        second = product(first + 1)
        if taps % _PAIR:
            second = tir.if_then_else(first + 1 < taps, second, tir.const(0, "int16"))
        return te.sum((product(first) + second).astype("int32"), axis=pair)

    found: Any = te.compute((*image.shape[:2], rows, columns, layer.in_block), sums, name="sums")
    return te.compute(layer.out_shape, lambda *at: found[at], name="conv2d")


def schedule(layer: Conv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    plan = te.create_schedule(result.op)
    last = steps.find(result, "conv2d")
    sums = last.op.input_tensors[0]
    steps.inline_epilogue(plan, result, last)

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

    # Its sums, in registers.
    stage = plan[sums]
    stage.set_scope("local")
    stage.compute_at(plan[result], tile)
    n, c, y, x, i = stage.op.axis
    (pair,) = stage.op.reduce_axis
    stage.reorder(n, c, y, pair, x, i)
    for axis in (pair, x):
        stage.unroll(axis)
    stage.vectorize(i)
    return plan


KERNEL = Kernel("paired_depthwise", Conv2d, Config, space, pack, compute, depthwise_conv2d.work, schedule, INTEGERS)
