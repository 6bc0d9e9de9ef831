"""Convolutions and matrix products of dequantized integers and int8 weights: 32-bit sums, with both their scales."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...instructions import dot_of, multiplies
from ...layers import Conv2d, Dense, TransposedConv2d
from ..expressions import four, pair, shape_of
from ..levels import Scaled
from ..values import Blocked, Flat, block_of
from .quantized import weights


@dataclass(frozen=True)
class _Operands:
    """Data with one scale for all, of the type that the machine multiplies; int8 weights; the scale of a product."""

    data: Scaled
    weight: Any
    scale: np.ndarray


def _operands(conversion: Any, call: Any, data: Scaled) -> _Operands | None:
    found = weights(conversion, call.args[1])
    if found is None or data.scale.ndim:
        return None
    weight, scale = found
    product = (data.scale.astype("float32") * scale).astype("float32")
    return _Operands(_as_machine_wants(conversion, data), weight, product.reshape(-1 if scale.size > 1 else ()))


def conv2d(conversion: Any, call: Any, data: Scaled) -> Scaled | None:
    """nn.conv2d."""
    from tvm import relay

    operands = _operands(conversion, call, data) if isinstance(data.levels, Blocked) else None
    if operands is None:
        return None
    data, attrs, (filters, _, *kernel) = operands.data, call.attrs, shape_of(call.args[1])
    value = data.blocked
    layer = Conv2d(
        *(value.batch, value.channels, value.height, value.width, filters, pair(kernel)),
        *(pair(attrs.strides), four(attrs.padding), pair(attrs.dilation), int(attrs.groups), value.block),
        block_of(filters, conversion.machine.channel_block),
        data.dtype,
    )
    sums = conversion.computed(layer, value.expr, operands.weight, relay.const(data.zero, data.dtype))
    if sums is None:
        return None
    result = Blocked(sums, layer.batch, filters, layer.out_height, layer.out_width, layer.out_block)
    return _without_zero(Scaled(result, "int32", operands.scale, 0), operands)


def conv2d_transpose(conversion: Any, call: Any, data: Scaled, layer: TransposedConv2d) -> Scaled | None:
    """nn.conv2d_transpose, as the fp32 `layer`; not with a zero point, which would add something else everywhere."""
    operands = _operands(conversion, call, data) if isinstance(data.levels, Blocked) else None
    if operands is None or operands.data.zero:
        return None
    layer = replace(layer, dtype=operands.data.dtype)
    sums = conversion.computed(layer, operands.data.blocked.expr, operands.weight)
    if sums is None:
        return None
    _, _, height, width, block = layer.out_shape
    return Scaled(Blocked(sums, layer.batch, layer.filters, height, width, block), "int32", operands.scale, 0)


def dense(conversion: Any, call: Any, data: Scaled) -> Scaled | None:
    """nn.dense of what was flattened: the weights are put in the order of its blocks."""
    from tvm import relay

    operands = _operands(conversion, call, data) if isinstance(data.levels, Flat) else None
    if operands is None:
        return None
    (rows, inputs), (outputs, _), one = shape_of(call.args[0]), shape_of(call.args[1]), operands.data.blocked
    moved = Flat(one).in_its_order(operands.weight)
    layer = Dense(rows, inputs, outputs, operands.data.dtype)
    sums = conversion.computed(layer, relay.reshape(one.expr, (rows, inputs)), moved)
    if sums is None:
        return None
    block = block_of(outputs, conversion.machine.channel_block)
    result = Blocked(relay.reshape(sums, (rows, outputs // block, 1, 1, block)), rows, outputs, 1, 1, block)
    return _without_zero(Scaled(Flat(result), "int32", operands.scale, 0), operands)


def _without_zero(result: Scaled, operands: _Operands) -> Scaled:
    """What the data's zero point added to every sum taken off: it is computed once, with the packing of weights."""
    from tvm import relay

    if not operands.data.zero:
        return result
    sums = relay.sum(relay.cast(operands.weight, "int32"), axis=[0], exclude=True)
    sums = relay.multiply(sums, relay.const(operands.data.zero, "int32"))
    one = result.blocked
    sums = relay.reshape(sums, (one.channels // one.block, 1, 1, one.block))
    return result.like(relay.subtract(one.expr, sums))


def _as_machine_wants(conversion: Any, data: Scaled) -> Scaled:
    """uint8 and int8 are the same bits but for the first, and a zero point that is 128 away."""
    from tvm import relay

    machine = conversion.machine
    if machine.dot is None or multiplies(machine, data.dtype):
        return data
    wanted, shift = dot_of(machine).data, 128 if data.dtype == "int8" else -128
    first_bit = relay.const(np.uint8(0x80).view(wanted), wanted)
    flipped = relay.bitwise_xor(relay.reinterpret(data.blocked.expr, wanted), first_bit)
    return replace(data.like(flipped), dtype=wanted, zero=data.zero + shift)
