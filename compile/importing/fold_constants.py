"""Evaluate the part of an ONNX graph that depends on no input, once, in ONNX Runtime.

Relay folds constants too, but compiles a kernel for each: a graph whose weights are computed by nodes would take
minutes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..onnx_reference import OnnxReference
from .static_shapes import static_shapes

# Random, or kept because it is what makes a quantized graph readable as one.
_KEPT = {
    *("RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial", "Dropout"),
    *("QuantizeLinear", "DequantizeLinear"),
}


def fold_constants(model: Any) -> None:
    """Replace every node of `model` whose inputs are constants by its values, in place; shapes must be inferred.

    Shape of a tensor with a static shape counts as a constant as well.
    """
    from onnx import numpy_helper

    graph = model.graph
    constants = {tensor.name for tensor in graph.initializer}
    shapes = static_shapes(graph)
    folded = []
    for node in graph.node:
        if node.op_type == "Shape" and node.input[0] in shapes and not node.attribute:
            array = np.array(shapes[node.input[0]], np.int64)
            graph.initializer.append(numpy_helper.from_array(array, node.output[0]))
            constants.add(node.output[0])
        elif _is_constant(node, constants):
            folded.append(node)
            constants.update(node.output)
    values = _evaluate(model, folded)
    kept = [node for node in graph.node if not constants.issuperset(filter(None, node.output))]
    del graph.node[:]
    graph.node.extend(kept)
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in values.items())


def _is_constant(node: Any, constants: set[str]) -> bool:
    if node.op_type in _KEPT or any(attribute.HasField("g") for attribute in node.attribute):
        return False
    inputs = [name for name in node.input if name]
    return node.op_type == "Constant" or (bool(inputs) and constants.issuperset(inputs))


def _evaluate(model: Any, nodes: list[Any]) -> dict[str, np.ndarray]:
    """The outputs of `nodes` by name: all of them run as one graph without inputs."""
    import onnx
    from onnx import helper

    if not nodes:
        return {}
    names = [name for node in nodes for name in node.output if name]
    needed = {name for node in nodes for name in node.input}
    weights = [tensor for tensor in model.graph.initializer if tensor.name in needed]
    outputs = [onnx.ValueInfoProto(name=name) for name in names]
    part = helper.make_graph(nodes, "constants", [], outputs, weights)
    runnable = helper.make_model(part, opset_imports=model.opset_import, ir_version=model.ir_version)
    return OnnxReference(runnable.SerializeToString()).run({})
