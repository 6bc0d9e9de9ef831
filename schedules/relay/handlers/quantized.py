"""Quantized tensors: QuantizeLinear and DequantizeLinear pairs, biases, concatenations.

A dequantized tensor stays integers, with their meaning beside them (`Scaled`), until an operator that knows none asks
for its values.  A convolution of integers is 32-bit sums with a scale of their own; the bias is added to these, and
quantizing them is one multiplication and a rounding, fused into the convolution's write-back.  4-bit levels lie in
8-bit types: the rounding clips to their ends, all else is the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..expressions import shape_of
from ..levels import Averaged, Scaled, Sum
from ..quantize import clipped, quantized
from ..values import Blocked, Flat, Joined


def dequantize(conversion: Any, call: Any) -> Scaled | None:
    """qnn.dequantize of activations: nothing is computed."""
    value, constants = conversion.value(call.args[0]), _constants(call.args[1], call.args[2])
    if constants is None or constants[0].size != 1 or not isinstance(value, Scaled):
        return None
    same = _meaning(value) == (value.dtype, float(constants[0].reshape(())), int(constants[1].reshape(())))
    return value if same else None


def quantize(conversion: Any, call: Any) -> Scaled | None:
    """qnn.quantize of activations with one scale for all."""
    constants = _constants(call.args[1], call.args[2])
    if constants is None or constants[0].size != 1 or len(shape_of(call.args[0])) not in (2, 4):
        return None
    scale, zero, dtype = constants[0].reshape(()), int(constants[1].reshape(())), str(call.attrs.out_dtype)
    value = conversion.value(call.args[0])
    if isinstance(value, Sum):
        levels = value.parts[0].levels
        return Scaled(levels.like(quantized(value.levels_at(scale, zero), 0, dtype)), dtype, scale, zero)
    if isinstance(value, Scaled):
        if _meaning(value) == (dtype, float(scale), zero):
            return value
        return Scaled(value.levels.like(quantized(_in_steps(value, scale), zero, dtype)), dtype, scale, zero)
    if not isinstance(value, Flat):
        if len(shape_of(call)) != 4:
            return None
        value = conversion.blocked(call.args[0])
    one, first = value.blocked if isinstance(value, Flat) else value, isinstance(value, Averaged)
    levels = quantized(one.expr, zero, dtype, scale=float(scale), zero_first=first)
    return Scaled(value.like(levels), dtype, scale, zero)


def clipped_levels(value: Scaled, call: Any) -> Scaled | None:
    """clip of levels: where they have just been quantized, the rounding clips to these ends at no cost."""
    from tvm import relay

    if call.checked_type.dtype != value.dtype:
        return None
    levels, ends = value.blocked.expr, (int(call.attrs.a_min), int(call.attrs.a_max))
    if value.ends == ends:
        return value
    return replace(value.like(clipped(levels, *ends) or relay.clip(levels, *ends)), ends=ends)


def _in_steps(value: Scaled, scale: np.ndarray) -> Any:
    """The values over `scale` as float32: one multiplication takes them from one scale to the other."""
    from tvm import relay

    levels = relay.cast(value.blocked.expr, "float32")
    levels = relay.subtract(levels, relay.const(float(value.zero))) if value.zero else levels
    return relay.multiply(levels, value.per_channel((value.scale / scale).astype("float32")))


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


def joined(values: list[Any]) -> Scaled | None:
    """Tensors with one scale and zero point, joined along the channels: a copy of bytes."""
    first = values[0]
    if not all(isinstance(one, Scaled) and isinstance(one.levels, Blocked) for one in values):
        return None
    if _meaning(first) is None or any((_meaning(one), one.ends) != (_meaning(first), first.ends) for one in values):
        return None
    together = Joined(tuple(one.levels for one in values)).together()
    return replace(first, levels=together)


def _meaning(value: Scaled) -> tuple[str, float, int] | None:
    """(dtype, scale, zero point) where all channels have the same."""
    return (value.dtype, float(value.scale), value.zero) if value.scale.ndim == 0 else None


def added(conversion: Any, call: Any) -> Sum | None:
    """add of two quantized tensors of one shape."""
    first, second = (conversion.value(arg) for arg in call.args)
    for one in (first, second):
        if not isinstance(one, Scaled) or not isinstance(one.levels, Blocked) or _meaning(one) is None:
            return None
    if shape_of(call.args[0]) != shape_of(call.args[1]):
        return None
    return Sum((first, replace(second, levels=second.levels.reblocked(first.levels.block))))


def biased(conversion: Any, call: Any) -> Scaled | None:
    """add of 32-bit sums and a bias with their scale."""
    from tvm import relay

    data, found = conversion.value(call.args[0]), weights(conversion, call.args[1])
    if found is None or not isinstance(data, Scaled) or data.dtype != "int32" or data.zero:
        return None
    bias, scale = found
    if scale.size != data.scale.size or not np.allclose(scale.reshape(-1), data.scale.reshape(-1), rtol=1e-5):
        return None
    one = data.blocked
    bias = relay.reshape(bias, (one.channels // one.block, 1, 1, one.block))
    sums = one.expr
    if isinstance(sums, relay.Call) and sums.op.name == "subtract":  # what the zero point adds: both at once, at load
        sums, bias = sums.args[0], relay.subtract(bias, sums.args[1])
    return data.like(relay.add(sums, bias))


HANDLERS = {"qnn.dequantize": dequantize}
