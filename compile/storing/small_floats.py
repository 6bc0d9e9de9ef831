"""Floating-point numbers of fewer bits, widened with whole-number operators.

A cast of Relay's is a library call where the CPU has no instruction for it, and a Bundle is linked to no library; and
32-bit NEON takes the tiny values that have no leading one for zero, if they are widened by shifting them into place.
"""

from __future__ import annotations

from typing import Any

_BIAS, _MANTISSA = 127, 23  # of float32


def widened(bits: Any, size: int, mantissa: int) -> Any:
    """The Relay float32 of `bits`, int32 patterns of `size` bits, `mantissa` of them; neither infinite nor NaN."""
    from tvm import relay

    bias = (1 << size - mantissa - 2) - 1
    magnitude = relay.bitwise_and(bits, relay.const((1 << size - 1) - 1))
    sign = relay.left_shift(relay.right_shift(bits, relay.const(size - 1)), relay.const(31))
    moved = relay.left_shift(magnitude, relay.const(_MANTISSA - mantissa))
    normal = relay.add(moved, relay.const((_BIAS - bias) << _MANTISSA))
    tiny = relay.multiply(relay.cast(magnitude, "float32"), relay.const(2.0 ** (1 - bias - mantissa)))
    chosen = relay.where(relay.less(magnitude, relay.const(1 << mantissa)), relay.reinterpret(tiny, "int32"), normal)
    return relay.reinterpret(relay.bitwise_or(chosen, sign), "float32")
