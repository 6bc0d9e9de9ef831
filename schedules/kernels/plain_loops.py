"""Convolution as nested loops, improved step by step: the lower rungs of the optimization ladder.

For comparison only: no space offers it.  Each step keeps the ones before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tvm import te

from ..layers import Conv2d
from ..machines import Machine
from . import direct_conv2d, steps, tiles
from .kernel import Kernel


@dataclass(frozen=True)
class Config:
    """0 or 1: the loops cut into blocks for the first-level cache, the innermost in vectors, the outermost on threads.

    In a packed layout the innermost loop is the one over a block's filters, else the one along a row.
    """

    blocked: int
    vectorized: int
    parallel: int


def space(layer: Conv2d, machine: Machine) -> Sequence[Config]:
    """Nothing."""
    return ()


def _whole(layer: Conv2d) -> direct_conv2d.Config:
    """No register tile: one block of filters and one pixel."""
    return direct_conv2d.Config(layer.out_block, 1, 1, "filters")


def pack(layer: Conv2d, config: Config, weight: Any) -> Any:
    """As for the direct convolution, by blocks of filters."""
    return direct_conv2d.pack(layer, _whole(layer), weight)


def compute(layer: Conv2d, config: Config, data: Any, weight: Any) -> Any:
    """As for the direct convolution."""
    return direct_conv2d.compute(layer, _whole(layer), data, weight)


def work(layer: Conv2d, config: Config) -> int:
    """Every multiply-add of the definition."""
    return layer.macs


def schedule(layer: Conv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """The steps, each on top of the one before."""
    plan = te.create_schedule(result.op)
    last = steps.find(result, "conv2d")
    sums = last.op.input_tensors[0]
    steps.inline_epilogue(plan, result, last)
    stage = plan[sums]
    n, k, y, x, i = stage.op.axis
    reduction = list(stage.op.reduce_axis)
    tasks, inner = [n, k, y], i
    if config.blocked or config.vectorized:
        # A block of a row, for some filters: its sums and the pixels they need stay in the first-level cache.
        filters = _largest_divisor(layer.filters // layer.out_block, 8 if layer.out_block == 1 else 1)
        pixels = _largest_divisor(layer.out_width, 2 * machine.float_lanes)
        k_block, k = stage.split(k, factor=filters)
        x_block, x = stage.split(x, factor=pixels)
        tasks, inner = [n, k_block, y], i if layer.out_block > 1 else x
        rest = [k, x, i] if layer.out_block > 1 else [k, i, x]
        stage.reorder(*tasks, x_block, *reduction, *rest)
    if config.vectorized:
        stage.vectorize(inner)
    if config.parallel:
        stage.parallel(stage.fuse(*tasks))
        out = plan[result]
        out.parallel(out.fuse(*result.op.axis[:3]))
    return plan


def _largest_divisor(number: int, most: int) -> int:
    return max(one for one in tiles.divisors(number) if one <= most)


KERNEL = Kernel("plain_loops", Conv2d, Config, space, pack, compute, work, schedule)
