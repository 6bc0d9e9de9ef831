"""A QDQ graph as a torch module that learns: its pairs are fake quantization, its constants real numbers.

The pairs are where the QDQ writer put them, with the ranges it was given, so the module computes what ONNX Runtime
computes on the file, and what was learned goes back into the same graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from ....compile.importing.attributes import get_attribute
from ..graph_module import GraphModule
from .fake_quantize import Levels
from .put import put_values
from .quantizers import Activation, Bias, Weight

_SPANS = {8: 254, 7: 128, 4: 15}  # of a weight's range, as ONNX Runtime divides it
_PAIR = ("QuantizeLinear", "DequantizeLinear")
_ENDS = {"uint8": Levels(0, 255), "int8": Levels(-128, 127), "uint4": Levels(0, 15), "int4": Levels(-8, 7)}


@dataclass(frozen=True)
class Simulated:
    """`network` learns; `written` gives the QDQ graph with what it has learned.

    activations  by the name of their step in the graph; several names may be one
    weights, biases  by the name of their integers in the graph, with the name of their steps
    """

    graph: Any
    network: GraphModule
    activations: Mapping[str, Activation]
    weights: Mapping[tuple[str, str], Weight]
    biases: Mapping[tuple[str, str], Bias]

    def written(self) -> Any:
        """A copy of the QDQ graph (onnx.ModelProto) with the steps and integers as they are now."""
        found: dict[str, np.ndarray] = dict(self.network.arrays())
        for name, activation in self.activations.items():
            found[name] = activation.step.numpy()
        for (levels, steps), weight in self.weights.items():
            found |= {levels: weight.integers(), steps: weight.per_channel.numpy()}
        for (levels, steps), bias in self.biases.items():
            found |= {levels: bias.integers(), steps: bias.step().numpy()}
        return put_values(self.graph, found)


def simulate(quantized: Any, floating: Any, weight_bits: int, learned: bool) -> Simulated:
    """The module of the QDQ graph `quantized`, with the constants of `floating`, the graph that it was written from.

    `weight_bits` tells 7 bits from 8; `learned`: the steps are parameters.
    Raises TilewrightError for a node that cannot be trained.
    """
    return _Builder(quantized, floating, weight_bits, learned).built()


class _Builder:
    """Reads the pairs of a QDQ graph."""

    def __init__(self, quantized: Any, floating: Any, weight_bits: int, learned: bool) -> None:
        from onnx import numpy_helper

        self.model, self.weight_bits, self.learned = quantized, weight_bits, learned
        self.arrays = {one.name: numpy_helper.to_array(one) for one in quantized.graph.initializer}
        self.floats = {one.name: one for one in floating.graph.initializer}
        self.producers = {name: node for node in quantized.graph.node for name in node.output}
        self.readers = {name: node for node in quantized.graph.node for name in node.input}
        self.own: dict[str, nn.Module] = {}
        self.activations: dict[str, Activation] = {}
        self.weights: dict[tuple[str, str], Weight] = {}
        self.biases: dict[tuple[str, str], Bias] = {}

    def built(self) -> Simulated:
        shared = self._joined_steps()
        nodes = self.model.graph.node
        for node in nodes:
            if node.op_type == "QuantizeLinear":
                name: str = node.input[1]
                first: str = shared.get(name, name)
                self.activations[name] = self.activations.get(first) or self._activation(first, node.input[2])
                self.activations[first] = self.activations[name]
                self.own[node.name] = self.activations[name]
            elif node.op_type == "DequantizeLinear" and node.input[0] not in self.arrays:
                self.own[node.name] = nn.Identity()
        constants = [node for node in nodes if node.op_type == "DequantizeLinear" and node.input[0] in self.arrays]
        for node in sorted(constants, key=lambda one: self.arrays[one.input[0]].dtype == np.int32):  # biases last
            self.own[node.name] = self._constant(node)
        network = GraphModule(self.model, self.own)
        return Simulated(self.model, network, self.activations, self.weights, self.biases)

    def _activation(self, step: str, zero: str) -> Activation:
        levels = self.arrays[zero]
        return Activation(float(self.arrays[step]), int(levels), _ENDS[levels.dtype.name], self.learned)

    def _constant(self, node: Any) -> nn.Module:
        """A weight or a bias, from the real numbers it was made of."""
        from onnx import numpy_helper

        levels, steps = node.input[:2]
        values = numpy_helper.to_array(self.floats[levels.removesuffix("_quantized")])
        if self.arrays[levels].dtype == np.int32:
            bias = Bias(values, self._step_of_products(self.readers[node.output[0]]))
            return self.biases.setdefault((levels, steps), bias)
        bits = 4 if self.arrays[levels].dtype.name == "int4" else 7 if self.weight_bits == 7 else 8
        most = _SPANS[bits] // 2
        ends = Levels(-most - (bits == 4), most)
        axis = get_attribute(node, "axis", 1) if self.arrays[steps].size > 1 else None
        return self.weights.setdefault((levels, steps), Weight(values, axis, ends, _SPANS[bits], self.learned))

    def _step_of_products(self, layer: Any) -> Any:
        """A function that gives the data's step times the weights'."""
        data, weight = (self.producers[name] for name in layer.input[:2])
        activation, values = self.activations[data.input[1]], self.weights[weight.input[0], weight.input[1]]
        return lambda: activation.step * values.per_channel

    def _joined_steps(self) -> dict[str, str]:
        """The steps that a concatenation keeps alike, so that it stays a copy: the first of them by each one's name."""
        found: dict[str, str] = {}
        for node in self.model.graph.node:
            if node.op_type != "Concat":
                continue
            around = [self.producers.get(name) for name in node.input] + [self.readers.get(node.output[0])]
            pairs = [one for one in around if one is not None and one.op_type in _PAIR]
            same = {(self.arrays[one.input[1]].tobytes(), self.arrays[one.input[2]].tobytes()) for one in pairs}
            if len(same) == 1 and len(pairs) == len(around):
                first = found.get(pairs[0].input[1], pairs[0].input[1])
                found.update({one.input[1]: first for one in pairs})
        return found
