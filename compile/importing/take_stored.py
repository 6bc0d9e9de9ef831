"""Take the weights that an ONNX graph holds in fewer bits out of it, so that they stay packed in the Bundle.

Such a graph computes in fp32, with a DequantizeLinear between a constant and its reader.  A graph whose activations are
quantized too is left alone: there the pairs say where to compute on integers.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..storing import FLOAT8, INTEGERS, Form, StoredWeight
from ..storing.scales import spread
from .attributes import get_attribute
from .drop_unread import drop_unread

_DEQUANTIZE = "DequantizeLinear"
_ON_INTEGERS = {
    "QuantizeLinear",
    "DynamicQuantizeLinear",
    "ConvInteger",
    "MatMulInteger",
    "QLinearConv",
    "QLinearMatMul",
}


def is_weights_only(graph: Any) -> bool:
    """Whether an onnx.ModelProto has dequantized constants, and no other integers that stand for real numbers."""
    constants = {tensor.name for tensor in graph.graph.initializer}
    found = [node for node in graph.graph.node if node.op_type == _DEQUANTIZE]
    others = any(node.op_type in _ON_INTEGERS for node in graph.graph.node)
    return bool(found) and not others and all(constants.issuperset(filter(None, node.input)) for node in found)


def take_stored(graph: Any) -> dict[str, StoredWeight]:
    """Make every dequantized constant of a weights-only ONNX `graph` an input, in place; the weights by their names.

    Constants must have been folded.  What has no form of ours, float8e5m2 or integers of more than 8 bits, becomes fp32
    constants.  An empty dict for any other graph, which stays as it is.
    """
    from onnx import helper, numpy_helper

    if not is_weights_only(graph):
        return {}
    tensors = {tensor.name: tensor for tensor in graph.graph.initializer}
    stored: dict[str, StoredWeight] = {}
    for node in [one for one in graph.graph.node if one.op_type == _DEQUANTIZE]:
        weight = _weight(node, [numpy_helper.to_array(tensors[name]) for name in node.input if name])
        name = node.output[0]
        if isinstance(weight, StoredWeight):
            stored[name] = weight
            graph.graph.input.append(helper.make_tensor_value_info(name, 1, weight.shape))
        else:
            graph.graph.initializer.append(numpy_helper.from_array(weight, name))
        graph.graph.node.remove(node)
    drop_unread(graph)
    return stored


def _weight(node: Any, arrays: list[np.ndarray]) -> StoredWeight | np.ndarray:
    """What a DequantizeLinear gives, in the form with the fewest bits that holds it to the bit."""
    values, scale, *zero = arrays
    axis, block = get_attribute(node, "axis", 1), get_attribute(node, "block_size", 0)
    order, rows, group = _matrix(values.shape, scale.shape, axis % max(values.ndim, 1), block)

    def matrix(array: np.ndarray) -> np.ndarray:
        array = array.astype(np.float32)
        return array.transpose(order).reshape(rows, -1) if array.ndim == values.ndim else array.reshape(rows, 1)

    levels, scales, inputs = matrix(values), matrix(scale), values.size // rows
    if zero:
        levels = levels - spread(matrix(zero[0]), group, inputs)
    form = _form(values.dtype.name, levels)
    if form is not None:
        return StoredWeight(form, levels, scales, group, values.shape, order)
    product = (levels * spread(scales, group, inputs)).reshape([values.shape[one] for one in order])
    return product.transpose(np.argsort(order))


def _matrix(shape: tuple[int, ...], scales: tuple[int, ...], axis: int, block: int) -> tuple[tuple[int, ...], int, int]:
    """(order of the axes, rows, weights of a group) so that groups lie along the rows of a matrix."""
    rest = [one for one in range(len(shape)) if one != axis]
    if block:
        return (*rest, axis), prod(shape[one] for one in rest), block
    if prod(scales) == 1:
        return tuple(range(len(shape))), 1, prod(shape)
    return (axis, *rest), shape[axis], prod(shape) // shape[axis]


def _form(dtype: str, levels: np.ndarray) -> Form | None:
    if dtype == "float8_e4m3fn":
        return FLOAT8 if np.isfinite(levels).all() else None
    if dtype not in ("int2", "uint2", "int4", "uint4", "int8", "uint8"):
        return None
    return next((form for form in INTEGERS if form.holds(levels)), None)
