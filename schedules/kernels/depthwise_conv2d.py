"""Depthwise convolution: a vector of channels at a time, every pixel times its own weights.

Nothing is summed over channels, so that a multiply-add needs a fresh pixel: memory decides.  A task is a strip of rows
of one block of channels; its weights stay in registers.  Each pixel is read where it lies: asking whether it lies
beyond the edge takes less time than a copy with zeros around it (by a third on 7x7 maps).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvm import te

from ..layers import FLOATS, Conv2d
from ..machines import Machine
from . import tiles
from .kernel import Kernel
from .padding import padded
from .strips import Config, lanes_at_once, schedule_strips

_FLOAT_BYTES = 4


def space(layer: Conv2d, machine: Machine) -> Sequence[Config]:
    """Strips whose input stays in the first-level cache, or else the least; columns that divide a row well."""
    if not layer.depthwise or layer.in_block != layer.out_block:
        return ()
    vectors = max(1, _lanes(layer, machine) // machine.float_lanes)
    most = max(1, machine.vector_registers // 2 // vectors)
    strips = [one for one in tiles.divisors(layer.out_height) if input_bytes(layer, one) <= machine.l2_bytes // 2]
    strips = strips or [1]
    in_l1 = [one for one in strips if input_bytes(layer, one) <= machine.l1d_bytes // 2] or strips[:1]
    order = [*in_l1[::-1], *(one for one in strips if one not in in_l1)][:4]
    return [Config(strip, columns) for strip in order for columns in tiles.best_parts(layer.out_width, most)[:2]]


def input_bytes(layer: Conv2d, rows: int) -> int:
    """What `rows` output rows of one block of channels read, zeros included."""
    return layer.reads(0, rows) * (layer.width + layer.pads[1] + layer.pads[3]) * layer.in_block * _FLOAT_BYTES


def pack(layer: Conv2d, _config: Config | None, weight: Any) -> Any:
    """(channels / block, vertical, horizontal, block), whatever the config."""
    from tvm import relay

    split = relay.reshape(weight, (layer.channels // layer.in_block, layer.in_block, *layer.kernel))
    return relay.transpose(split, (0, 2, 3, 1))


def compute(layer: Conv2d, config: Config, data: Any, weight: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block)."""
    columns = tiles.round_up(layer.out_width, config.columns)
    rows = tiles.round_up(layer.out_height, config.strip)
    image = padded(layer, data, rows, columns)
    vertical = te.reduce_axis((0, layer.kernel[0]), "vertical")
    horizontal = te.reduce_axis((0, layer.kernel[1]), "horizontal")

    def product(n: Any, c: Any, y: Any, x: Any, i: Any) -> Any:
        row = y * layer.strides[0] + vertical * layer.dilations[0]
        column = x * layer.strides[1] + horizontal * layer.dilations[1]
        return te.sum(image[n, c, row, column, i] * weight[c, vertical, horizontal, i], axis=[vertical, horizontal])

    sums: Any = te.compute((*image.shape[:2], rows, columns, layer.in_block), product, name="sums")
    return te.compute(layer.out_shape, lambda *at: sums[at], name="conv2d")


def work(layer: Conv2d, config: Config) -> int:
    """All register tiles, what lies over the edge too."""
    height, width = tiles.round_up(layer.out_height, config.strip), tiles.round_up(layer.out_width, config.columns)
    return layer.macs // (layer.out_height * layer.out_width) * height * width


def schedule(layer: Conv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The chain of schedule steps."""
    lanes = _lanes(layer, machine)
    apart = lanes if lanes < layer.out_block else None
    return schedule_strips(result, "conv2d", config.strip, config.columns, lanes=apart)[0]


def _lanes(layer: Conv2d, machine: Machine) -> int:
    """Where outputs share few pixels, loading these costs more than the moves."""
    return lanes_at_once(machine, layer.out_block) if layer.strides[1] == 1 else layer.out_block


KERNEL = Kernel("depthwise_conv2d", Conv2d, Config, space, pack, compute, work, schedule, FLOATS)
