"""Converters for the operators of dynamic quantization that TVM's own importer reads wrongly or refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def dynamic_quantize_linear(inputs: Any, attrs: dict[str, Any], params: Any) -> Any:
    """TVM's divides by 0 where all values are 0, and goes through them twice."""
    from tvm import relay

    from ...schedules.relay.dynamic_range import dynamic_range

    scale, zero = dynamic_range(inputs[0])
    levels = relay.qnn.op.quantize(inputs[0], scale, relay.cast(zero, "int32"), out_dtype="uint8")
    return relay.TupleWrapper(relay.Tuple([levels, scale, zero]), 3)


def matmul_integer(inputs: Any, attrs: dict[str, Any], params: Any) -> Any:
    """Of two matrices; TVM's wants both of one type, ONNX Runtime writes uint8 times int8."""
    from tvm import relay
    from tvm.relay.frontend import common

    (rows, weight), zeros = inputs[:2], [inputs[2] if len(inputs) > 2 else None, inputs[3] if len(inputs) > 3 else None]
    shapes = [common.infer_shape(one) for one in (rows, weight)]
    if any(len(shape) != 2 for shape in shapes):
        raise ValueError("products of more than two axes are not supported")
    zeros = [relay.const(0, "int32") if zero is None else relay.cast(zero, "int32") for zero in zeros]
    one = relay.const(1.0, "float32")
    return relay.qnn.op.dense(rows, relay.transpose(weight), *zeros, one, one, units=shapes[1][1], out_dtype="int32")


CONVERTERS: dict[str, Callable[[Any, dict[str, Any], Any], Any]] = {
    "DynamicQuantizeLinear": dynamic_quantize_linear,
    "MatMulInteger": matmul_integer,
}
