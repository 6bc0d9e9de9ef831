"""Convolution as MetaSchedule schedules it: the definition, on blocks of channels, and a trace for a config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvm import te, tir

from ..layers import Conv2d
from ..machines import Machine
from ..traces.traced import Config, attributes, no_te_schedule
from . import depthwise_conv2d
from .kernel import Kernel
from .packing import pack_filters
from .padding import padded


def space(layer: Conv2d, machine: Machine) -> Sequence[Config]:
    """Nothing: traces are found by search, not listed."""
    return ()


def does(layer: Conv2d) -> bool:
    """Whether it computes in fp32, and its channels fill whole blocks."""
    if layer.depthwise and layer.in_block != layer.out_block:
        return False
    whole = (layer.channels % layer.in_block, layer.filters % layer.out_block) == (0, 0)
    return layer.dtype in KERNEL.types and whole


def _narrow(layer: Conv2d) -> bool:
    """Whether a block of channels belongs to several groups, or to one and a part of the next."""
    of_group = (layer.channels // layer.groups % layer.in_block, layer.filters // layer.groups % layer.out_block)
    return of_group != (0, 0)


def pack(layer: Conv2d, config: Config, weight: Any) -> Any:
    """By blocks of filters and of channels."""
    if layer.depthwise:
        return depthwise_conv2d.pack(layer, None, weight)
    block = layer.channels // layer.groups if _narrow(layer) else layer.in_block
    return pack_filters(weight, layer.weight_shape, layer.out_block, block)


def compute(layer: Conv2d, config: Config, data: Any, weight: Any) -> Any:
    """The sums of the definition; `data` is (batch, channels / block, height, width, block)."""
    image = padded(layer, data, layer.out_height, layer.out_width) if any(layer.pads) else data
    vertical = te.reduce_axis((0, layer.kernel[0]), "vertical")
    horizontal = te.reduce_axis((0, layer.kernel[1]), "horizontal")
    of_channels = _of_a_few_channels if _narrow(layer) else _of_all_channels
    product = (_of_one_channel if layer.depthwise else of_channels)(layer, image, weight, vertical, horizontal)
    return te.compute(layer.out_shape, product, name="conv2d", attrs=attributes(layer, KERNEL.name, config))


def _of_one_channel(layer: Conv2d, image: Any, weight: Any, vertical: Any, horizontal: Any) -> Any:
    def product(n: Any, k: Any, y: Any, x: Any, i: Any) -> Any:
        row, column = _place(layer, y, x, vertical, horizontal)
        return te.sum(image[n, k, row, column, i] * weight[k, vertical, horizontal, i], axis=[vertical, horizontal])

    return product


def _of_all_channels(layer: Conv2d, image: Any, weight: Any, vertical: Any, horizontal: Any) -> Any:
    blocks = layer.channels // layer.groups // layer.in_block
    channels = te.reduce_axis((0, blocks), "channels")
    channel = te.reduce_axis((0, layer.in_block), "channel")
    filter_blocks = layer.filters // layer.groups // layer.out_block

    def product(n: Any, k: Any, y: Any, x: Any, i: Any) -> Any:
        row, column = _place(layer, y, x, vertical, horizontal)
        first = tir.floordiv(k, filter_blocks) * blocks if layer.groups > 1 else 0
        read = image[n, first + channels, row, column, channel]
        axes = [channels, vertical, horizontal, channel]
        return te.sum(read * weight[k, channels, vertical, horizontal, channel, i], axis=axes)

    return product


def _of_a_few_channels(layer: Conv2d, image: Any, weight: Any, vertical: Any, horizontal: Any) -> Any:
    of_group, filters = layer.channels // layer.groups, layer.filters // layer.groups
    channel = te.reduce_axis((0, of_group), "channel")

    def product(n: Any, k: Any, y: Any, x: Any, i: Any) -> Any:
        row, column = _place(layer, y, x, vertical, horizontal)
        read = tir.floordiv(k * layer.out_block + i, filters) * of_group + channel
        block, inner = tir.floordiv(read, layer.in_block), tir.floormod(read, layer.in_block)
        axes = [vertical, horizontal, channel]
        return te.sum(image[n, block, row, column, inner] * weight[k, 0, vertical, horizontal, channel, i], axis=axes)

    return product


def _place(layer: Conv2d, y: Any, x: Any, vertical: Any, horizontal: Any) -> tuple[Any, Any]:
    row = y * layer.strides[0] + vertical * layer.dilations[0]
    return row, x * layer.strides[1] + horizontal * layer.dilations[1]


def work(layer: Conv2d, config: Config) -> int:
    """Every multiply-add of the definition."""
    return layer.macs


KERNEL = Kernel("metaschedule_conv2d", Conv2d, Config, space, pack, compute, work, no_te_schedule)
