"""Pooling: a vector of channels at a time, as many pixels as registers hold; memory decides.

A task is a strip of rows of one block of channels.  Each value is read where it lies: asking whether it lies beyond the
edge takes less time than a copy with the edge around it (ResNet18's: 50 us against 115).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvm import te, tir

from ..instructions import unfused
from ..layers import FLOATS, Pool2d
from ..machines import Machine
from . import tiles
from .kernel import INTEGERS, Kernel
from .padding import padded
from .strips import Config, schedule_strips

_MOST_UNROLLED = 64  # values of a window
_TASKS = 16  # enough to share evenly among 2, 4, 8 or 16 threads


def space(layer: Pool2d, machine: Machine) -> Sequence[Config]:
    """One: the longest strips that leave enough tasks, and columns that divide a row."""
    if layer.in_block == 1:
        return ()
    vectors = max(1, layer.in_block // machine.float_lanes)
    most = max(1, machine.vector_registers // 2 // vectors)
    columns = max(one for one in tiles.divisors(layer.out_width) if one <= most)
    blocks = layer.batch * layer.channels // layer.in_block
    strips = [one for one in tiles.divisors(layer.out_height) if blocks * layer.out_height // one >= _TASKS]
    return [Config(max(strips, default=1), columns)]


def pack(_layer: Pool2d, _config: Config, *meaning: Any) -> tuple[Any, ...]:
    """There are no weights, but for the scale and zero point of levels."""
    return meaning


def compute(layer: Pool2d, config: Config, data: Any, *meaning: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block).

    The mean of levels is that of their values in fp32, added up one by one, as in ONNX Runtime (QLinearPool2DTask,
    onnxruntime/contrib_ops/cpu/quantization/qlinear_pool.cc): between levels exact ties are common, which the rounding
    errors decide.
    """
    largest = layer.what == "max"
    beyond = tir.min_value(layer.dtype) if largest else meaning[1][()] if meaning else tir.const(0, layer.dtype)
    image = padded(layer, data, layer.out_height, layer.out_width, beyond) if any(layer.pads) else data
    vertical = te.reduce_axis((0, layer.kernel[0]), "vertical")
    horizontal = te.reduce_axis((0, layer.kernel[1]), "horizontal")
    reduced = te.max if largest else te.sum

    def window(n: Any, c: Any, y: Any, x: Any, i: Any) -> Any:
        row, column = y * layer.strides[0] + vertical, x * layer.strides[1] + horizontal
        value = image[n, c, row, column, i]
        value = _meant(value, *meaning) if meaning else value.astype(layer.out_dtype)
        return reduced(value, axis=[vertical, horizontal])

    windows: Any = te.compute(layer.out_shape, window, name="windows")
    if layer.of_levels:
        return te.compute(
            layer.out_shape, lambda n, c, y, x, i: windows[n, c, y, x, i] / unfused(_count(layer, y, x)), name="pool2d"
        )
    if largest or layer.integer:
        return te.compute(layer.out_shape, lambda *at: windows[at], name="pool2d")
    return te.compute(
        layer.out_shape, lambda n, c, y, x, i: windows[n, c, y, x, i] * _share(layer, y, x), name="pool2d"
    )


def _share(layer: Pool2d, y: Any, x: Any) -> Any:
    """One over the number of values of a window."""
    if layer.what == "mean with pads" or not any(layer.pads):
        return tir.const(1 / (layer.kernel[0] * layer.kernel[1]), layer.out_dtype)
    return (tir.const(1.0, "float32") / _count(layer, y, x)).astype(layer.out_dtype)


def _meant(level: Any, scale: Any, zero: Any) -> Any:
    """What a level stands for."""
    return unfused((level.astype("int32") - zero[()].astype("int32")).astype("float32") * scale[()])


def _count(layer: Pool2d, y: Any, x: Any) -> Any:
    """The number of values of a window."""
    if layer.what == "mean with pads" or not any(layer.pads):
        return tir.const(float(layer.kernel[0] * layer.kernel[1]), "float32")
    rows = _inside(y * layer.strides[0] - layer.pads[0], layer.kernel[0], layer.height)
    columns = _inside(x * layer.strides[1] - layer.pads[1], layer.kernel[1], layer.width)
    return (rows * columns).astype("float32")


def _inside(first: Any, length: int, size: int) -> Any:
    start: Any = te.max(first, 0)
    end: Any = te.min(first + length, size)
    return end - start


def work(layer: Pool2d, _config: Config) -> int:
    """A comparison or an addition as one."""
    return layer.values


def schedule(layer: Pool2d, config: Config, _machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    few = layer.kernel[0] * layer.kernel[1] <= _MOST_UNROLLED
    return schedule_strips(result, "pool2d", config.strip, config.columns, unroll_window=few)[0]


KERNEL = Kernel("pool2d", Pool2d, Config, space, pack, compute, work, schedule, (*FLOATS, *INTEGERS))
