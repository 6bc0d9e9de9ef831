"""Cross-layer equalization: move scale from one layer's filters to the next layer's channels until both fit alike.

relu(s x) = s relu(x) for s > 0, so dividing a filter by s and multiplying what reads its channel by s changes nothing
in fp32; but one step for a whole tensor then suits all its channels.  Nagel et al. (2019), "Data-Free Quantization
Through Weight Equalization and Bias Correction", section 4.1.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from .weights import WeightedLayer, convolutions

_PASSES = 8
_HOMOGENEOUS = {"Relu", "LeakyRelu", "MaxPool", "AveragePool", "GlobalAveragePool", "Identity"}


def equalize(model: Any) -> int:
    """Equalize the ONNX `model` in place; returns how many pairs of layers were.

    A pair is two convolutions with nothing but operators between them that scale passes through, read by nobody else.
    """
    layers = {layer.node: layer for layer in convolutions(model) if layer.operator == "Conv"}
    pairs = _pairs(model, layers)
    for _ in range(_PASSES):
        for first, second in pairs:
            _equalize(layers[first], layers[second])
    return len(pairs)


def _pairs(model: Any, layers: dict[str, WeightedLayer]) -> list[tuple[str, str]]:
    """Names of the two layers of each pair."""
    graph = model.graph
    uses = Counter(name for node in graph.node for name in node.input)
    uses.update(value.name for value in graph.output)
    readers = {name: node for node in graph.node for name in node.input}
    found = []
    for layer in layers.values():
        name = layer.output
        while uses[name] == 1 and name in readers and readers[name].op_type in _HOMOGENEOUS:
            name = readers[name].output[0]
        if uses[name] == 1 and name in readers and readers[name].name in layers:
            found.append((layer.node, readers[name].name))
    return found


def _equalize(first: WeightedLayer, second: WeightedLayer) -> None:
    filters = first.weight.reshape(len(first.weight), -1)
    if second.groups == 1:
        readers = np.moveaxis(second.weight, 1, 0).reshape(second.weight.shape[1], -1)
    elif second.groups == len(second.weight) == len(filters):
        readers = second.weight.reshape(len(second.weight), -1)
    else:
        return
    large, small = np.abs(filters).max(axis=1), np.abs(readers).max(axis=1)
    there = (large > 0) & (small > 0)
    scale = np.where(there, np.sqrt(np.where(there, large, 1.0) / np.where(there, small, 1.0)), 1.0)
    first.set_weight(first.weight / scale.reshape(-1, *[1] * (first.weight.ndim - 1)))
    if first.bias is not None:
        first.set_bias(first.bias / scale)
    along = (1, -1) if second.groups == 1 else (-1, 1)
    second.set_weight(second.weight * scale.reshape(*along, *[1] * (second.weight.ndim - 2)))
