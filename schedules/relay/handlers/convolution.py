"""Convolutions, each by the kernel that was chosen for it."""

from __future__ import annotations

from typing import Any

from ...layers import FLOAT, FLOATS, Conv2d, SparseConv2d, TransposedConv2d
from ..expressions import four, is_pointwise, pair, shape_of
from ..levels import Scaled
from ..sparse_weight import blocks_of
from ..values import Blocked, Joined, block_of
from . import integer_layers
from .inverted_residual import expanded_depthwise


def conv2d(conversion: Any, call: Any) -> Blocked | Scaled | None:
    """nn.conv2d with constant weights, NCHW and OIHW."""
    attrs = call.attrs
    if attrs.data_layout != "NCHW" or attrs.kernel_layout != "OIHW" or conversion.varies(call.args[1]):
        return None
    if call.args[0].checked_type.dtype not in FLOATS:
        return None
    value = conversion.value(call.args[0])
    if isinstance(value, Scaled):
        integer = integer_layers.conv2d(conversion, call, value)
        if integer is not None:
            return integer
    if isinstance(value, Joined) and attrs.groups == 1 and shape_of(call.args[1])[0] <= value.channels:
        return _joined(conversion, call, value)
    return convolution(conversion, call, conversion.blocked(call.args[0]), conversion.plain(call.args[1]))


def _joined(conversion: Any, call: Any, value: Joined) -> Blocked | None:
    """The sum of a convolution of each part: less traffic than a copy of all parts, where the filters are fewer."""
    from tvm import relay

    weight, total, first = conversion.plain(call.args[1]), None, 0
    for part in value.parts:
        last = first + part.channels
        one = convolution(conversion, call, part, relay.strided_slice(weight, begin=[first], end=[last], axes=[1]))
        if one is None:
            return None
        total = one if total is None else one.like(relay.add(one.expr, total.expr))
        first = last
    return total


def convolution(conversion: Any, call: Any, data: Blocked, weight: Any) -> Blocked | None:
    """The convolution of `call` on other data and weights, in floats."""
    attrs = call.attrs
    filters = shape_of(call.args[1])[0]
    layer = Conv2d(
        batch=data.batch,
        channels=data.channels,
        height=data.height,
        width=data.width,
        filters=filters,
        kernel=pair(shape_of(call.args[1])[2:]),
        strides=pair(attrs.strides),
        pads=four(attrs.padding),
        dilations=pair(attrs.dilation),
        groups=int(attrs.groups),
        in_block=data.block,
        out_block=block_of(filters, conversion.machine.channel_block),
        dtype=_computed_in(call),
    )
    fused = expanded_depthwise(conversion, call, layer) if layer.depthwise and layer.dtype == FLOAT else None
    if fused is not None:
        return fused
    sparse = blocks_of(weight)
    result = None if sparse is None or not is_pointwise(call) else _sparse(conversion, layer, data.expr, sparse)
    result = conversion.computed(layer, data.expr, weight) if result is None else result
    if result is None:
        return None
    return Blocked(result, layer.batch, filters, layer.out_height, layer.out_width, layer.out_block)


def _sparse(conversion: Any, layer: Conv2d, data: Any, sparse: tuple[Any, Any, Any]) -> Any | None:
    """The 1x1 convolution with sparse weights."""
    if layer.dtype != FLOAT:
        return None
    size = (layer.batch, layer.channels, layer.height, layer.width, layer.filters, shape_of(sparse[0])[0])
    return conversion.computed(SparseConv2d(*size, layer.in_block, layer.out_block), data, *sparse)


def _computed_in(call: Any) -> str:
    """The type of its result, where its data have it too; a dynamic one's data are levels at first."""
    dtype = str(call.checked_type.dtype)
    return dtype if dtype in FLOATS else FLOAT


def conv2d_transpose(conversion: Any, call: Any) -> Blocked | Scaled | None:
    """nn.conv2d_transpose whose strides are its kernel, without padding."""
    attrs = call.attrs
    channels, filters, *kernel = shape_of(call.args[1])
    plain = attrs.data_layout == "NCHW" and attrs.kernel_layout == "IOHW" and attrs.groups == 1
    apart = pair(attrs.strides) == pair(kernel) and not any(four(attrs.padding) + pair(attrs.output_padding))
    if not plain or not apart or pair(attrs.dilation) != (1, 1) or conversion.varies(call.args[1]):
        return None
    value = conversion.value(call.args[0])
    data = value.blocked if isinstance(value, Scaled) else conversion.blocked(call.args[0])
    block = block_of(filters, conversion.machine.channel_block)
    size = (data.batch, channels, data.height, data.width, filters)
    layer = TransposedConv2d(*size, pair(kernel), data.block, block, _computed_in(call))
    if isinstance(value, Scaled):
        integer = integer_layers.conv2d_transpose(conversion, call, value, layer)
        if integer is not None:
            return integer
        data = conversion.blocked(call.args[0])
    result = conversion.computed(layer, data.expr, conversion.plain(call.args[1]))
    return None if result is None else Blocked(result, data.batch, filters, *layer.out_shape[2:4], block)


HANDLERS = {"nn.conv2d": conv2d, "nn.conv2d_transpose": conv2d_transpose}
