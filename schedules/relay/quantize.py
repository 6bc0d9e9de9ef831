"""A Relay operator of our own: round real values to levels of 8 bits or fewer, ties to even, as ONNX says.

Relay's own rounds ties away from zero, which takes x86 several instructions and gives other answers.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

_NAME = "quantize_to_levels"  # the names that begin with "tilewright." are layers
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
    return quantized(call.args[0], int(attrs["zero"]), str(attrs["dtype"]), ends)


def quantized(expr: Any, zero: int, dtype: str, ends: tuple[int, int] | None = None) -> Any:
    """The Relay call that gives clip(round(expr) + zero) as `dtype`; `expr` is float32, in steps.

    `ends` are the least and the greatest level where they are not those of `dtype`, as for 4 bits.
    """
    import tvm
    from tvm import relay

    low, high = ends or _ends(dtype)
    attributes = tvm.ir.make_node("DictAttrs", zero=zero, dtype=dtype, low=low, high=high)
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
    """The operator, registered at its first use; the names that begin with "tilewright." are layers."""
    from tvm import relay, target
    from tvm.relay.op import op as registry

    registry.register(name, "to 8-bit levels")
    operator = relay.op.get(name)
    operator.set_num_inputs(arguments)
    for argument in ("values", "scale", "zero")[:arguments]:
        operator.add_argument(argument, "Tensor", argument)
    operator.set_attrs_type_key("DictAttrs")
    operator.add_type_rel(f"{name}.type", lambda types, attrs: relay.TensorType(types[0].shape, attrs["dtype"]))
    pattern = registry.OpPattern.ELEMWISE if arguments == 1 else registry.OpPattern.BROADCAST
    registry.register_pattern(name, pattern)
    registry.register_stateful(name, False)
    registry.register_strategy(name, target.override_native_generic_func(f"{name}.strategy")(_strategy))
    return operator


def _strategy(attrs: Any, inputs: Any, out_type: Any, target: Any) -> Any:
    from tvm import te, tir, topi
    from tvm.relay.op import op as registry

    dtype = str(attrs["dtype"])

    def compute(_attrs: Any, tensors: Any, _out_type: Any) -> list[Any]:
        values, *meaning = tensors
        zero = meaning[1][()].astype("int32") if meaning else tir.const(int(attrs["zero"]), "int32")
        low, high = ((tir.const(int(attrs[end]), "int32") - zero).astype("float32") for end in ("low", "high"))

        def level(*at: Any) -> Any:
            value: Any = values[at] / meaning[0][()] if meaning else values[at]
            within = te.max(te.min(value, high), low)
            return (rounded(within) + zero).astype(dtype)

        return [te.compute(values.shape, level, name="quantize")]

    def schedule(_attrs: Any, results: Any, _target: Any) -> Any:
        return topi.x86.schedule_injective(results)

    strategy = registry.OpStrategy()
    strategy.add_implementation(compute, schedule, name="quantize_to_levels")
    return strategy
