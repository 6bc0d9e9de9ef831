"""Turn a half-precision ONNX graph into single precision: every fp16 value is an fp32 value, so weights stay exact.

x86 has no fp16 arithmetic to gain from, and ONNX Runtime's CPU kernels widen each operator as well.
"""

from __future__ import annotations

from typing import Any


def widen_fp16(model: Any) -> bool:
    """Rewrite weights, constants, casts and declared types from fp16 to fp32, in place; True when there were any."""
    return _widen_graph(model.graph)


def _widen_graph(graph: Any) -> bool:
    from onnx import AttributeProto, TensorProto

    found = [_widen_tensor(tensor) for tensor in graph.initializer]
    for value in [*graph.input, *graph.output, *graph.value_info]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT16:
            value.type.tensor_type.elem_type = TensorProto.FLOAT
            found.append(True)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR:
                found.append(_widen_tensor(attribute.t))
            elif attribute.type == AttributeProto.GRAPH:
                found.append(_widen_graph(attribute.g))
            elif node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT16:
                attribute.i = TensorProto.FLOAT
                found.append(True)
    return any(found)


def _widen_tensor(tensor: Any) -> bool:
    import numpy as np
    from onnx import TensorProto, numpy_helper

    if tensor.data_type != TensorProto.FLOAT16:
        return False
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    return True
