"""A 1x1 convolution and the depthwise one after it, without the six times larger tensor between them.

A task is a strip of rows of one block of filters: its part of the expansion is computed into the second-level cache,
and the depthwise convolution reads it there.  The rows where two strips overlap are computed twice.
Inverted residuals: Sandler et al., "MobileNetV2" (2018), section 5 of which asks for this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tvm import te, tir

from ..layers import ExpandedDepthwise
from ..machines import Machine
from . import depthwise_conv2d, steps, strips, tiles
from .kernel import Kernel
from .packing import pack_filters


@dataclass(frozen=True)
class Config:
    """strip: output rows of a task; pixels: of the expansion in the registers; columns: of the depthwise one."""

    strip: int
    pixels: int
    columns: int


def space(layer: ExpandedDepthwise, machine: Machine) -> Sequence[Config]:
    """Strips whose expansion fits half the second-level cache, the highest first."""
    if layer.filters % layer.out_block or layer.channels % layer.in_block:
        return ()
    vectors = max(1, layer.out_block // machine.float_lanes)
    most = (machine.vector_registers - 1 - vectors) // vectors
    fits = [
        one for one in tiles.divisors(layer.depthwise.out_height) if _strip_bytes(layer, one) <= machine.l2_bytes // 2
    ]
    pixels = tiles.best_parts(layer.width, most)[:2]
    columns = tiles.best_parts(layer.depthwise.out_width, max(1, most // 2))[:2]
    return [Config(strip, p, c) for strip in fits[::-1][:3] for p in pixels for c in columns]


def _strip_bytes(layer: ExpandedDepthwise, rows: int) -> int:
    return 2 * depthwise_conv2d.input_bytes(layer.depthwise, rows)


def pack(layer: ExpandedDepthwise, config: Config, expansion: Any, bias: Any, depthwise: Any) -> tuple[Any, Any, Any]:
    """The weights of both as `compute` reads them; the bias is (filters / block, block)."""
    from tvm import relay

    return (
        pack_filters(expansion, layer.expansion.weight_shape, layer.out_block, layer.in_block),
        relay.reshape(bias, (layer.filters // layer.out_block, layer.out_block)),
        depthwise_conv2d.pack(layer.depthwise, None, depthwise),
    )


def compute(layer: ExpandedDepthwise, config: Config, data: Any, expansion: Any, bias: Any, weight: Any) -> Any:
    """The algorithm; `data` is (batch, channels / block, height, width, block)."""
    inner = strips.Config(config.strip, config.columns)
    expanded = _expand(layer, tiles.round_up(layer.width, config.pixels), data, expansion, bias)
    return depthwise_conv2d.compute(layer.depthwise, inner, expanded, weight)


def _expand(layer: ExpandedDepthwise, width: int, data: Any, weight: Any, bias: Any) -> Any:
    block, filters = layer.in_block, layer.out_block
    channels, channel = te.reduce_axis((0, layer.channels // block), "channels"), te.reduce_axis((0, block), "channel")
    shape = (layer.batch, layer.filters // filters, layer.height, width, filters)
    last = layer.width - 1
    sums: Any = te.compute(
        shape,
        lambda n, k, y, x, f: te.sum(
            data[n, channels, y, x if width == layer.width else te.min(x, last), channel]
            * weight[k, channels, 0, 0, channel, f],
            axis=[channels, channel],
        ),
        name="expansion_sums",
    )

    def activate(n: Any, k: Any, y: Any, x: Any, f: Any) -> Any:
        value = sums[n, k, y, x, f] + bias[k, f]
        value = value if layer.low is None else te.max(value, tir.const(layer.low, "float32"))
        return value if layer.high is None else te.min(value, tir.const(layer.high, "float32"))

    return te.compute(shape, activate, name="expanded")


def work(layer: ExpandedDepthwise, config: Config) -> int:
    """Both convolutions; the rows where strips overlap are expanded twice."""
    depthwise, expansion = layer.depthwise, layer.expansion
    count = tiles.ceil_div(depthwise.out_height, config.strip)
    rows = count * ((config.strip - 1) * layer.strides[0] + layer.kernel[0])
    inner = strips.Config(config.strip, config.columns)
    return expansion.macs // layer.height * max(rows, layer.height) + depthwise_conv2d.work(depthwise, inner)


def schedule(layer: ExpandedDepthwise, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The depthwise schedule, with the expansion of a strip in each task."""
    plan, task = strips.schedule_strips(result, "conv2d", config.strip, config.columns)
    expanded = steps.find(result, "expanded")
    stage = plan[expanded]
    stage.compute_at(plan[result], task)
    n, k, y, x, f = stage.op.axis
    tile, x = stage.split(x, factor=config.pixels)
    stage.reorder(n, k, y, tile, x, f)
    stage.unroll(x)
    stage.vectorize(f)

    sums = plan[expanded.op.input_tensors[0]]
    sums.set_scope("local")
    sums.compute_at(stage, tile)
    n, k, y, x, f = sums.op.axis
    steps.register_tile(sums, [n, k, y, *sums.op.reduce_axis], [x], f, min(machine.float_lanes, layer.out_block))
    return plan


KERNEL = Kernel("expanded_depthwise", ExpandedDepthwise, Config, space, pack, compute, work, schedule)
