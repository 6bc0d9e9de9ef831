"""Turn 4-bit tensors of a quantized ONNX graph into 8-bit ones with the same levels: TVM has no 4-bit kernels.

A QuantizeLinear to 4 bits becomes one to 8 bits and a Clip to -8..7 or 0..15, which gives the same levels; a
constant keeps its values.  So the reference, which stays 4-bit, and this graph compute the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .attributes import drop_attributes

_PAIR = ("QuantizeLinear", "DequantizeLinear")
_DTYPES = {True: np.int8, False: np.uint8}
_ENDS = {True: (-8, 7), False: (0, 15)}


def widen_int4(model: Any) -> tuple[str, ...]:
    """Rewrite `model` in place, types inferred; the names of the constants, zero points apart, that had 4 bits."""
    from onnx import helper, numpy_helper

    graph = model.graph
    signed = _signed(graph)
    for value in (*graph.value_info, *graph.output, *graph.input):
        if value.name in signed:
            value.type.tensor_type.elem_type = helper.np_dtype_to_tensor_dtype(np.dtype(_DTYPES[signed[value.name]]))
    widened = [tensor.name for tensor in graph.initializer if tensor.name in signed]
    for tensor in graph.initializer:
        if tensor.name in signed:
            levels = numpy_helper.to_array(tensor).astype(_DTYPES[signed[tensor.name]])
            tensor.CopyFrom(numpy_helper.from_array(levels, tensor.name))
    added: dict[str, np.ndarray] = {}
    nodes = [one for node in graph.node for one in _rewritten(node, signed, added)]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in added.items())
    zeros = {node.input[2] for node in nodes if node.op_type in _PAIR and len(node.input) > 2}
    return tuple(name for name in widened if name not in zeros)


def _signed(graph: Any) -> dict[str, bool]:
    """The 4-bit tensors by name, and whether they are signed."""
    from onnx import TensorProto

    types = {tensor.name: tensor.data_type for tensor in graph.initializer}
    for value in (*graph.value_info, *graph.output, *graph.input):
        types[value.name] = value.type.tensor_type.elem_type
    kinds = {TensorProto.INT4: True, TensorProto.UINT4: False}
    return {name: kinds[one] for name, one in types.items() if one in kinds}


def _rewritten(node: Any, signed: dict[str, bool], added: dict[str, np.ndarray]) -> list[Any]:
    """`node`, and a Clip after it where it makes 4-bit levels; the constants it needs go into `added`."""
    from onnx import helper

    if node.op_type != "QuantizeLinear" or node.output[0] not in signed:
        return [node]
    name, kind = node.output[0], signed[node.output[0]]
    drop_attributes(node, "output_dtype")

    def constant(value: int) -> str:
        added[f"tilewright.{_DTYPES[kind].__name__}.{value}"] = np.array(value, _DTYPES[kind])
        return f"tilewright.{_DTYPES[kind].__name__}.{value}"

    if len(node.input) < 3 or not node.input[2]:
        node.input[2:] = [constant(0)]
    node.output[0] = f"{name}.levels"
    limits = [constant(end) for end in _ENDS[kind]]
    return [node, helper.make_node("Clip", [node.output[0], *limits], [name], name=f"{node.name}.clip")]
