"""Operators that treat every value alike, or every channel."""

from __future__ import annotations

from typing import Any

from ..expressions import elements, shape_of
from ..levels import Scaled, Sum
from ..values import Blocked, Joined, blocked
from . import dynamic, quantized

_UNARY = (
    "nn.relu",
    "clip",
    "sigmoid",
    "tanh",
    "exp",
    "sqrt",
    "rsqrt",
    "negative",
    "abs",
    "nn.leaky_relu",
    "erf",
    "log",
    "cast",
)
_BINARY = ("add", "subtract", "multiply", "divide", "maximum", "minimum")


def unary(conversion: Any, call: Any) -> Blocked | Joined | Scaled | None:
    """The same operator on the blocks."""
    from tvm import relay

    value = conversion.value(call.args[0])
    if isinstance(value, Scaled) and call.op.name == "nn.relu" and not value.zero:
        return value.like(relay.nn.relu(value.blocked.expr))
    if isinstance(value, Scaled) and call.op.name == "clip" and (levels := quantized.clipped_levels(value, call)):
        return levels
    value = conversion.floats(call.args[0])
    if isinstance(value, Joined):
        return Joined(tuple(part.like(relay.Call(call.op, [part.expr], call.attrs)) for part in value.parts))
    return value.like(relay.Call(call.op, [value.expr], call.attrs)) if isinstance(value, Blocked) else None


def power(conversion: Any, call: Any) -> Blocked | Scaled | Sum | None:
    """A square is a product, which takes one instruction."""
    from tvm import relay

    value, exponent = conversion.floats(call.args[0]), call.args[1]
    square = isinstance(exponent, relay.Constant) and exponent.data.numpy().size == 1 and exponent.data.numpy() == 2
    if isinstance(value, Blocked) and square:
        return value.like(relay.multiply(value.expr, value.expr))
    return binary(conversion, call)


def binary(conversion: Any, call: Any) -> Blocked | Scaled | Sum | None:
    """The same operator, both operands in the same blocks; one of them may be a scalar or have a value a channel."""
    from tvm import relay

    if call.op.name == "add":
        sums = quantized.biased(conversion, call) or quantized.added(conversion, call)
        if sums is not None:
            return sums
    values = [conversion.floats(arg) for arg in call.args]
    main = next((value for value in values if isinstance(value, Blocked) and _shape(value) == shape_of(call)), None)
    if main is None:
        return None
    operands = [_operand(conversion, arg, main) for arg in call.args]
    if any(operand is None for operand in operands):
        return None
    if call.op.name == "add" and dynamic.is_scaled_sum(call.args[0]):
        operands[0] = dynamic.rounded(operands[0])
    return main.like(relay.Call(call.op, operands, call.attrs))


def _operand(conversion: Any, arg: Any, main: Blocked) -> Any | None:
    """`arg` so that it broadcasts against `main`; None where it cannot."""
    from tvm import relay

    value, shape = conversion.floats(arg), shape_of(arg)
    if isinstance(value, Blocked):
        return value.reblocked(main.block).expr if value.channels == main.channels else None
    plain = conversion.plain(arg)
    if elements(shape) == 1:
        return plain if not shape else relay.reshape(plain, (1, 1, 1, 1, 1))
    full = (1,) * (4 - len(shape)) + shape
    if len(full) != 4 or full[1] not in (1, main.channels):
        return None
    if full[1] == 1:  # a value a picture, or a pixel
        return relay.reshape(plain, (*full, 1))
    if full[0] == full[2] * full[3] == 1:
        return relay.reshape(plain, (main.channels // main.block, 1, 1, main.block))
    return blocked(relay.reshape(plain, full), full, main.block).expr


def _shape(value: Blocked) -> tuple[int, ...]:
    return (value.batch, value.channels, value.height, value.width)


HANDLERS = {**dict.fromkeys(_UNARY, unary), **dict.fromkeys(_BINARY, binary), "power": power}
