"""A Relay operator of our own: round real values to levels of 8 bits or fewer, ties to even, as ONNX says.

Relay's own rounds ties away from zero, which takes x86 several instructions and gives other answers.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

_NAME = "quantize_to_levels"  # the names that begin with "tilewright." are layers
_NO_FRACTION = 1.5 * 2.0**23  # the numbers around it are whole; TVM does not vectorize nearbyint: five times slower


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

    low, high = ends or (np.iinfo(dtype).min, np.iinfo(dtype).max)
    attributes = tvm.ir.make_node("DictAttrs", zero=zero, dtype=dtype, low=int(low), high=int(high))
    return relay.Call(_operator(), [expr], attributes)


@functools.cache
def _operator() -> Any:
    """The operator, registered at its first use."""
    from tvm import relay, target
    from tvm.relay.op import op as registry

    name = _NAME
    registry.register(name, "to 8-bit levels")
    operator = relay.op.get(name)
    operator.set_num_inputs(1)
    operator.add_argument("values", "Tensor", "in steps")
    operator.set_attrs_type_key("DictAttrs")
    operator.add_type_rel(f"{name}.type", lambda types, attrs: relay.TensorType(types[0].shape, attrs["dtype"]))
    registry.register_pattern(name, registry.OpPattern.ELEMWISE)
    registry.register_stateful(name, False)
    registry.register_strategy(name, target.override_native_generic_func(f"{name}.strategy")(_strategy))
    return operator


def _strategy(attrs: Any, inputs: Any, out_type: Any, target: Any) -> Any:
    from tvm import te, tir, topi
    from tvm.relay.op import op as registry

    dtype, zero = str(attrs["dtype"]), int(attrs["zero"])
    low, high = (tir.const(float(int(attrs[end]) - zero), "float32") for end in ("low", "high"))

    def compute(_attrs: Any, tensors: Any, _out_type: Any) -> list[Any]:
        (values,) = tensors

        def level(*at: Any) -> Any:
            within = te.max(te.min(values[at], high), low)
            # The sum has no bits left for a fraction, so adding rounds, ties to even; its low byte is the level.
            bits: Any = tir.call_intrin("int32", "tir.reinterpret", within + tir.const(_NO_FRACTION, "float32"))
            return (bits + zero).astype(dtype)

        return [te.compute(values.shape, level, name="quantize")]

    def schedule(_attrs: Any, results: Any, _target: Any) -> Any:
        return topi.x86.schedule_injective(results)

    strategy = registry.OpStrategy()
    strategy.add_implementation(compute, schedule, name="quantize_to_levels")
    return strategy
