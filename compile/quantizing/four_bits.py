"""What 4-bit levels ask of an ONNX graph: opset 21, and 8 bits where the network meets the world."""

from __future__ import annotations

from typing import Any

from ..importing.attributes import get_attribute
from ..importing.fold_constants import fold_constants
from .recipe import Recipe
from .weights import WEIGHTED

_OPSET, _IR_VERSION = 21, 10  # the first that have int4 and uint4

# ONNX Runtime takes away the pairs around these and then has no kernel for 4 bits: they work on 8, as they are cheap.
NOT_ON_INT4 = ("MaxPool", "Resize")
_PASS_ON = ("Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Slice")  # their results have their input's type


def with_int4(model: Any) -> Any:
    """The ONNX `model` at an opset that has 4-bit types; itself where it is there already."""
    import onnx

    version = next((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), _OPSET)
    if version < _OPSET:
        model = onnx.version_converter.convert_version(model, _OPSET)
        fold_constants(model)  # it writes new inputs, such as axes, as Constant nodes
    model.ir_version = max(model.ir_version, _IR_VERSION)
    return model


def edge_tensors(model: Any) -> set[str]:
    """The names of the network's inputs and results, and of what the first and the last layer multiply."""
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    producers = {name: node for node in graph.node for name in node.output}
    layers = [node for node in graph.node if node.op_type in WEIGHTED and node.input[1] in weights]
    found = {one.name for one in (*graph.input, *graph.output) if one.name not in weights}
    for node in (*layers[:1], *layers[-1:]):
        found.update(node.input[:2])
        before = producers.get(node.input[0])
        while before is not None and before.op_type in _PASS_ON:
            found.add(before.input[0])
            before = producers.get(before.input[0])
    return found


def wider_types(model: Any, recipe: Recipe) -> dict[str, Any]:
    """ONNX Runtime's overrides for the tensors that keep 8 bits, by name: the edges, and what `NOT_ON_INT4` reads."""
    if not recipe.four_bits:
        return {}
    graph = model.graph
    layers = {node.input[1]: node for node in graph.node if node.op_type in WEIGHTED}
    weights, activations = level_types(recipe, 8, 8)
    wider = edge_tensors(model) if recipe.edge_bits == 8 else set()
    found: dict[str, Any] = {name: {"quant_type": activations} for name in wider if name not in layers}
    if recipe.activation_bits == 4:
        found |= {node.input[0]: {"quant_type": activations} for node in graph.node if node.op_type in NOT_ON_INT4}
    for name in wider.intersection(layers):
        axis = {"axis": channel_axis(layers[name])} if recipe.per_channel else {}
        found[name] = {"quant_type": weights, **axis}
    return {name: [one] for name, one in found.items()}


def level_types(recipe: Recipe, weight_bits: int, activation_bits: int) -> tuple[Any, Any]:
    """ONNX Runtime's names for the types of weights and activations."""
    from onnxruntime.quantization import QuantType

    weights = QuantType.QInt4 if weight_bits == 4 else QuantType.QInt8
    if recipe.activations == "int8":
        return weights, QuantType.QInt4 if activation_bits == 4 else QuantType.QInt8
    return weights, QuantType.QUInt4 if activation_bits == 4 else QuantType.QUInt8


def channel_axis(node: Any) -> int:
    """The axis of a layer's weight that has a step for each index."""
    along = {"Conv": 0, "ConvTranspose": 1, "Gemm": 0 if get_attribute(node, "transB", 0) else 1}
    return along.get(node.op_type, 1)
