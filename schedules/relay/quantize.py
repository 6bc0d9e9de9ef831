"""A Relay operator of our own: round real values to levels of 8 bits or fewer, ties to even, as ONNX says.

Relay's own rounds ties away from zero, which takes x86 several instructions and gives other answers.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from . import register

_NAME = "quantize_to_levels"
_NO_FRACTION = 1.5 * 2.0**23  # the numbers around it are whole; TVM does not vectorize nearbyint: five times slower


def rounded(value: Any) -> Any:
    """An int32 whose low byte is that of the float `value`, rounded to the nearest whole number, ties to even."""
    from tvm import tir

    # The sum has no bits left for a fraction, so adding rounds.
    return tir.call_intrin("int32", "tir.reinterpret", value + tir.const(_NO_FRACTION, "float32"))


def clipped(call: Any, low: int, high: int) -> Any | None:
    """The levels of `call` between `low` and `high`, in the same operator; None where it is another one."""
    if getattr(getattr(call, "op", None), "name", "") != _NAME:
        return None
    attrs = call.attrs
    ends = max(low, int(attrs["low"])), min(high, int(attrs["high"]))
    scale, first = float(attrs["scale"]), bool(attrs["first"])
    return quantized(call.args[0], int(attrs["zero"]), str(attrs["dtype"]), ends, scale=scale, zero_first=first)


def quantized(
    expr: Any,
    zero: int,
    dtype: str,
    ends: tuple[int, int] | None = None,
    *,
    scale: float = 1.0,
    zero_first: bool = False,
) -> Any:
    """The Relay call that gives clip(round(expr / scale) + zero) as `dtype`; `expr` is float32.

    `ends` are the least and the greatest level where they are not those of `dtype`, as for 4 bits.  With `zero_first`
    the zero point is added before rounding.
    """
    import tvm
    from tvm import relay

    low, high = ends or _ends(dtype)
    attributes = tvm.ir.make_node(
        "DictAttrs", zero=zero, dtype=dtype, low=low, high=high, scale=scale, first=zero_first
    )
    return relay.Call(_operator(_NAME, 1), [expr], attributes)


def quantized_by(expr: Any, scale: Any, zero: Any) -> Any:
    """The Relay call that gives clip(round(expr / scale) + zero) as uint8; float32 `scale` and uint8 `zero` scalars."""
    import tvm
    from tvm import relay

    attributes = tvm.ir.make_node("DictAttrs", dtype="uint8", low=0, high=255)
    return relay.Call(_operator("quantize_by_scale", 3), [expr, scale, zero], attributes)


def _ends(dtype: str) -> tuple[int, int]:
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


@functools.cache
def _operator(name: str, arguments: int) -> Any:
    """The operator, registered at its first use."""
    from tvm import relay

    names: dict[str, str] = dict.fromkeys(["values", "scale", "zero"][:arguments], "")
    pattern = "ELEMWISE" if arguments == 1 else "BROADCAST"
    return register.operator(
        name,
        "to 8-bit levels",
        names,
        lambda types, attrs: relay.TensorType(types[0].shape, attrs["dtype"]),
        pattern,
        _strategy,
    )


def _strategy(attrs: Any, inputs: Any, out_type: Any, target: Any) -> Any:
    from tvm import te, tir, topi

    dtype = str(attrs["dtype"])

    def compute(tensors: Any) -> list[Any]:
        values, *meaning = tensors
        zero = meaning[1][()].astype("int32") if meaning else tir.const(int(attrs["zero"]), "int32")
        scale = meaning[0][()] if meaning else _constant(float(attrs["scale"]))
        before = zero if not meaning and bool(attrs["first"]) else tir.const(0, "int32")  # added before rounding
        low, high = (_float(tir.const(int(attrs[end]), "int32") - zero + before) for end in ("low", "high"))

        def level(*at: Any) -> Any:
            value: Any = values[at] if scale is None else values[at] / scale
            within = te.max(te.min(value + _float(before), high), low)
            return (rounded(within) + (zero - before)).astype(dtype)

        return [te.compute(values.shape, level, name="quantize")]

    return register.implemented("quantize_to_levels", compute, topi.x86.schedule_injective)


def _float(value: Any) -> Any:
    return value.astype("float32")


def _constant(scale: float) -> Any | None:
    """A divisor that stays one, as a factor would round differently; None for 1."""
    from tvm import tir

    from ..instructions import unfused

    return None if scale == 1.0 else unfused(tir.const(scale, "float32"))
