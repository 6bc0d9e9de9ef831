"""Quantized tensors: QuantizeLinear and DequantizeLinear pairs around an operator make it one on integers.

A dequantized tensor stays integers, with their meaning beside them (`Scaled`), until an operator that knows none asks
for its values.  A convolution of integers is 32-bit sums with a scale of their own; the bias is added to these, and
quantizing them is one multiplication and a rounding, fused into the convolution's write-back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...instructions import DOTS
from ...layers import Conv2d, Dense
from ..quantize import quantized
from ..values import Blocked, Flat, Joined, Scaled, block_of, four, pair, shape_of


def dequantize(conversion: Any, call: Any) -> Scaled | None:
    """qnn.dequantize of activations: nothing is computed."""
    value = conversion.value(call.args[0])
    constants = _constants(call.args[1], call.args[2])
    if constants is None or not isinstance(value, Scaled) or constants[1].any() != bool(value.zero):
        return None
    return value


def quantize(conversion: Any, call: Any) -> Scaled | Joined | None:
    """qnn.quantize of activations with one scale for all."""
    from tvm import relay

    constants = _constants(call.args[1], call.args[2])
    if constants is None or constants[0].size != 1 or len(shape_of(call.args[0])) not in (2, 4):
        return None
    scale, zero, dtype = np.float32(constants[0].reshape(())), int(constants[1].reshape(())), call.attrs.out_dtype
    value = conversion.value(call.args[0])
    if isinstance(value, Joined):
        value = value.together()
    if isinstance(value, Scaled):
        if value.dtype == dtype and value.zero == zero and value.scale.size == 1 and value.scale == scale:
            return value
        real = relay.cast(value.blocked.expr, "float32")
        real = relay.subtract(real, relay.const(float(value.zero))) if value.zero else real
        real = relay.multiply(real, value.per_channel((value.scale / scale).astype("float32")))
        return Scaled(_shaped(value.levels, quantized(real, zero, dtype)), dtype, np.asarray(scale, np.float32), zero)
    if not isinstance(value, (Blocked, Flat)):
        if len(shape_of(call.args[0])) != 4:
            return None
        value = conversion.blocked(call.args[0])
    real = relay.divide((value.blocked if isinstance(value, Flat) else value).expr, relay.const(scale, "float32"))
    return Scaled(_shaped(value, quantized(real, zero, dtype)), dtype, np.asarray(scale, np.float32), zero)


def _shaped(like: Blocked | Flat, expr: Any) -> Blocked | Flat:
    return Flat(like.blocked.like(expr)) if isinstance(like, Flat) else like.like(expr)


def _constants(scale: Any, zero: Any) -> tuple[np.ndarray, np.ndarray] | None:
    from tvm import relay

    if not isinstance(scale, relay.Constant) or not isinstance(zero, relay.Constant):
        return None
    return scale.data.numpy(), zero.data.numpy()


def weights(conversion: Any, expr: Any) -> tuple[Any, np.ndarray] | None:
    """(int8 weights, their scale) of a dequantized constant without zero point; None for anything else."""
    from tvm import relay

    while isinstance(expr, relay.Call) and expr.op.name in ("expand_dims", "reshape"):
        expr = expr.args[0]
    if not isinstance(expr, relay.Call) or expr.op.name != "qnn.dequantize" or conversion.varies(expr):
        return None
    constants = _constants(expr.args[1], expr.args[2])
    if constants is None or constants[1].any():
        return None
    return conversion.plain(expr.args[0]), constants[0].astype("float32")


def conv2d(conversion: Any, call: Any, data: Scaled) -> Scaled | None:
    """nn.conv2d of integers with int8 weights: sums, with the scale of both."""
    from tvm import relay

    found = weights(conversion, call.args[1])
    if found is None or not isinstance(data.levels, Blocked) or data.scale.size != 1:
        return None
    data = _as_machine_wants(conversion, data)
    attrs, value, filters = call.attrs, data.blocked, shape_of(call.args[1])[0]
    layer = Conv2d(
        *(value.batch, value.channels, value.height, value.width, filters, pair(shape_of(call.args[1])[2:])),
        *(pair(attrs.strides), four(attrs.padding), pair(attrs.dilation), int(attrs.groups), value.block),
        block_of(filters, conversion.machine.channel_block),
        data.dtype,
    )
    weight, scale = found
    sums = conversion.computed(layer, value.expr, weight, relay.const(data.zero, data.dtype))
    if sums is None:
        return None
    shape = {"channels": filters, "height": layer.out_height, "width": layer.out_width, "block": layer.out_block}
    result = Scaled(replace(value, expr=sums, **shape), "int32", _product(data.scale, scale), 0)
    return result if not data.zero else result.like(relay.subtract(sums, _zero_sums(result, weight, data.zero)))


def dense(conversion: Any, call: Any, data: Scaled) -> Scaled | None:
    """nn.dense of integers with int8 weights."""
    from tvm import relay

    found = weights(conversion, call.args[1])
    if found is None or data.scale.size != 1 or not isinstance(data.levels, Flat):
        return None
    data = _as_machine_wants(conversion, data)
    (rows, inputs), (outputs, _) = shape_of(call.args[0]), shape_of(call.args[1])
    one, (weight, scale) = data.blocked, found
    split = relay.reshape(weight, (outputs, one.channels // one.block, one.block, one.height, one.width))
    moved = relay.reshape(relay.transpose(split, (0, 1, 3, 4, 2)), (outputs, inputs))
    layer = Dense(rows, inputs, outputs, data.dtype)
    sums = conversion.computed(layer, relay.reshape(one.expr, (rows, inputs)), moved)
    if sums is None:
        return None
    block = block_of(outputs, conversion.machine.channel_block)
    shaped = Blocked(relay.reshape(sums, (rows, outputs // block, 1, 1, block)), rows, outputs, 1, 1, block)
    result = Scaled(Flat(shaped), "int32", _product(data.scale, scale), 0)
    if not data.zero:
        return result
    return _flat_like(result, relay.subtract(shaped.expr, _zero_sums(result, weight, data.zero)))


def _flat_like(value: Scaled, expr: Any) -> Scaled:
    return replace(value, levels=_shaped(value.levels, expr))


def _product(data: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return (data.astype("float32") * weight).astype("float32").reshape(-1 if weight.size > 1 else ())


def _zero_sums(result: Scaled, weight: Any, zero: int) -> Any:
    """What the zero point adds to every sum: it is computed once, when the weights are packed."""
    from tvm import relay

    axes = list(range(1, len(shape_of_weight(weight))))
    sums = relay.sum(relay.cast(weight, "int32"), axis=axes)
    sums = relay.multiply(sums, relay.const(zero, "int32"))
    return relay.reshape(sums, (result.blocked.channels // result.blocked.block, 1, 1, result.blocked.block))


def shape_of_weight(weight: Any) -> tuple[int, ...]:
    """The shape of an expression on parameters, whose type is not known yet."""
    from tvm import IRModule, relay

    function = relay.Function(relay.analysis.free_vars(weight), weight)
    checked = relay.transform.InferType()(IRModule.from_expr(function))["main"].ret_type
    return tuple(int(size) for size in checked.shape)


def _as_machine_wants(conversion: Any, data: Scaled) -> Scaled:
    """uint8 and int8 are the same bits but for the first, and a zero point that is 128 away."""
    from tvm import relay

    dot = conversion.machine.dot
    if dot is None or DOTS[dot].data == data.dtype:
        return data
    wanted, shift = DOTS[dot].data, 128 if data.dtype == "int8" else -128
    flipped = relay.bitwise_xor(relay.reinterpret(data.blocked.expr, wanted), relay.const(-128 & 0xFF, wanted))
    return replace(_flat_like(data, flipped), dtype=wanted, zero=data.zero + shift)


def joined(values: list[Any]) -> Scaled | None:
    """Tensors with one scale and zero point, joined along the channels: a copy of bytes."""
    first = values[0]
    if not all(isinstance(one, Scaled) and isinstance(one.levels, Blocked) for one in values):
        return None
    if any(_meaning(one) != _meaning(first) or one.scale.size != 1 for one in values):
        return None
    together = Joined(tuple(one.levels for one in values)).together()
    return replace(first, levels=together)


def _meaning(value: Scaled) -> tuple[str, float, int]:
    return value.dtype, float(value.scale.reshape(-1)[0]), value.zero


def biased(conversion: Any, call: Any, data: Scaled) -> Scaled | None:
    """add of 32-bit sums and a bias with their scale."""
    from tvm import relay

    found = weights(conversion, call.args[1])
    if found is None or data.dtype != "int32" or data.zero:
        return None
    bias, scale = found
    if scale.size != data.scale.size or not np.allclose(scale.reshape(-1), data.scale.reshape(-1), rtol=1e-5):
        return None
    one = data.blocked
    shaped = relay.reshape(bias, (one.channels // one.block, 1, 1, one.block))
    return _flat_like(data, relay.add(one.expr, shaped))


HANDLERS = {"qnn.quantize": quantize, "qnn.dequantize": dequantize}
