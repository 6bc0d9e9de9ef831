"""Dynamically quantized tensors: levels whose scale and zero point are computed at run time, and what multiplies them.

A convolution of levels is 32-bit sums, less what the zero point added to each; the file's own multiplication by the
scales, bias and ReLU follow as floats, fused into the write-back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...layers import Conv2d, Dense
from ..expressions import four, pair, shape_of
from ..quantize import quantized_by
from ..values import Blocked, Flat, Joined, block_of
from . import quantized
from .convolution import convolution


def dynamic_range(conversion: Any, call: Any) -> Any:
    """The order of the values does not matter."""
    from tvm import relay

    return relay.Call(call.op, [_as_it_lies(conversion, call.args[0])[1]], call.attrs)


def quantize(conversion: Any, call: Any) -> Any | None:
    """qnn.quantize by a scale that is computed; by a constant one as `quantized` does."""
    data, scale, zero = call.args
    if not conversion.varies(scale):
        return quantized.quantize(conversion, call)
    if str(call.attrs.out_dtype) != "uint8":
        return None
    value, expr = _as_it_lies(conversion, data)
    levels = quantized_by(expr, conversion.plain(scale), conversion.plain(_uncast(zero)))
    return levels if value is None else value.like(levels)


def _as_it_lies(conversion: Any, expr: Any) -> tuple[Blocked | Flat | None, Any]:
    """(the value in blocks, or None, its expression) without any copy but of what is joined."""
    value = conversion.floats(expr)
    if isinstance(value, Joined):
        value = conversion.blocked(expr)
    if isinstance(value, Flat):
        return value, value.blocked.expr
    return (value, value.expr) if isinstance(value, Blocked) else (None, conversion.plain(expr))


def conv2d(conversion: Any, call: Any) -> Blocked | None:
    """qnn.conv2d of levels and int8 weights without zero point; in fp32 where no kernel has it on integers."""
    from tvm import relay

    attrs, weight = call.attrs, call.args[1]
    if attrs.data_layout != "NCHW" or attrs.kernel_layout != "OIHW" or not _multiplies(conversion, call):
        return None
    value, (filters, _, *kernel), zero = conversion.blocked(call.args[0]), shape_of(weight), _uncast(call.args[2])
    layer = Conv2d(
        *(value.batch, value.channels, value.height, value.width, filters, pair(kernel)),
        *(pair(attrs.strides), four(attrs.padding), pair(attrs.dilation), int(attrs.groups), value.block),
        block_of(filters, conversion.machine.channel_block),
        "uint8",
    )
    sums = conversion.computed(layer, value.expr, conversion.plain(weight), conversion.plain(zero))
    if sums is None:
        floats = value.like(_less_zero(conversion, value.expr, zero))
        result = convolution(conversion, call, floats, relay.cast(conversion.plain(weight), "float32"))
        return None if result is None else result.like(relay.cast(result.expr, "int32"))
    extra = relay.reshape(_sums_of(conversion, weight), (filters // layer.out_block, 1, 1, layer.out_block))
    sums = relay.subtract(sums, relay.multiply(relay.cast(conversion.plain(zero), "int32"), extra))
    return Blocked(sums, layer.batch, filters, layer.out_height, layer.out_width, layer.out_block)


def dense(conversion: Any, call: Any) -> Any | None:
    """qnn.dense of levels and int8 weights without zero point; in fp32 where no kernel has it on integers."""
    from tvm import relay

    if not _multiplies(conversion, call):
        return None
    weight, zero, (rows, inputs), (outputs, _) = *call.args[1:3], shape_of(call.args[0]), shape_of(call.args[1])
    value, data = _as_it_lies(conversion, call.args[0])
    packed = conversion.plain(weight)
    if isinstance(value, Flat):
        data, packed = relay.reshape(data, (rows, inputs)), value.in_its_order(packed)
    sums = conversion.computed(Dense(rows, inputs, outputs, "uint8"), data, packed)
    if sums is None:
        packed = relay.cast(packed, "float32")
        result = conversion.computed(Dense(rows, inputs, outputs), _less_zero(conversion, data, zero), packed)
        return None if result is None else relay.cast(result, "int32")
    extra = relay.multiply(relay.cast(conversion.plain(_uncast(zero)), "int32"), _sums_of(conversion, weight))
    return relay.subtract(sums, extra)


def is_scaled_sum(expr: Any) -> bool:
    """Whether `expr` is 32-bit sums multiplied by their scale."""
    from tvm import relay

    def calls(one: Any, name: str) -> bool:
        return isinstance(one, relay.Call) and getattr(one.op, "name", "") == name

    return calls(expr, "multiply") and calls(expr.args[0], "cast") and _dtype(expr.args[0].args[0]) == "int32"


def rounded(expr: Any) -> Any:
    """`expr`, which LLVM may not fuse with an addition that follows: ONNX Runtime rounds the product first.

    One rounding less would be nearer to the truth, but the next layer's range hangs on it, and with it every level.
    """
    from tvm import relay

    return relay.maximum(expr, relay.const(np.finfo(np.float32).min, "float32"))


def _dtype(expr: Any) -> str:
    return str(expr.checked_type.dtype)


def _multiplies(conversion: Any, call: Any) -> bool:
    """Whether it is levels times constant int8 weights, whose zero point is 0."""
    from tvm import relay

    data, weight, _, zero, *_ = call.args
    types = (_dtype(data), _dtype(weight))
    still = not conversion.varies(weight) and not conversion.varies(zero)
    constant = isinstance(zero, relay.Constant) and not zero.data.numpy().any()
    return types == ("uint8", "int8") and still and constant


def _sums_of(conversion: Any, weight: Any) -> Any:
    """(filters,) int32: computed once, with the packing of weights."""
    from tvm import relay

    return relay.sum(relay.cast(conversion.plain(weight), "int32"), axis=[0], exclude=True)


def _less_zero(conversion: Any, levels: Any, zero: Any) -> Any:
    """The levels as floats, from the zero point on."""
    from tvm import relay

    plain = relay.cast(conversion.plain(zero), "float32")
    return relay.subtract(relay.cast(levels, "float32"), plain)


def _uncast(zero: Any) -> Any:
    """The uint8 zero point that was widened for Relay's operator."""
    from tvm import relay

    widened = isinstance(zero, relay.Call) and zero.op.name == "cast"
    return zero.args[0] if widened and _dtype(zero.args[0]) == "uint8" else zero


HANDLERS = {"dynamic_range": dynamic_range, "qnn.quantize": quantize, "qnn.conv2d": conv2d, "qnn.dense": dense}
