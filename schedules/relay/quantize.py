"""A Relay operator of our own: round real values to 8-bit levels, to the nearest, ties to even, as ONNX says.

Relay's own rounds ties away from zero, which takes x86 several instructions and gives other answers.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np


def quantized(expr: Any, zero: int, dtype: str) -> Any:
    """The Relay call that gives clip(round(expr) + zero) as `dtype`; `expr` is float32, in steps."""
    import tvm
    from tvm import relay

    attributes = tvm.ir.make_node("DictAttrs", zero=zero, dtype=dtype)
    return relay.Call(_operator(), [expr], attributes)


def levels(values: np.ndarray, zero: int, dtype: str) -> np.ndarray:
    """The same in NumPy: the oracle of the kernels."""
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values) + np.float32(zero), limits.min, limits.max).astype(dtype)


@functools.cache
def _operator() -> Any:
    """The operator, registered at its first use."""
    from tvm import relay, target
    from tvm.relay.op import op as registry

    name = "tilewright.quantize"
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

    dtype, zero = attrs["dtype"], float(attrs["zero"])
    low, high = (float(one) for one in (np.iinfo(dtype).min, np.iinfo(dtype).max))

    def compute(_attrs: Any, tensors: Any, _out_type: Any) -> list[Any]:
        (values,) = tensors

        def level(*at: Any) -> Any:
            # Limits first: what is too large for an int32 must not reach the conversion.
            within = te.max(te.min(values[at], tir.const(high - zero, "float32")), tir.const(low - zero, "float32"))
            return (tir.nearbyint(within) + tir.const(zero, "float32")).astype("int32").astype(dtype)

        return [te.compute(values.shape, level, name="quantize")]

    def schedule(_attrs: Any, results: Any, _target: Any) -> Any:
        return topi.x86.schedule_injective(results)

    strategy = registry.OpStrategy()
    strategy.add_implementation(compute, schedule, name="tilewright.quantize")
    return strategy
