"""Fold BatchNorm, and any other per-channel scale and shift, into the convolution before it.

y = (x - mean) / sqrt(var + eps) * gamma + beta is x * scale + shift, and a convolution's output times `scale` is a
convolution with scaled weights (Jacob et al. 2018, section 3.2).  Relay can do this too, but compiles kernels to
compute the new weights: a minute for ResNet50 where NumPy takes none.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from .static_shapes import static_shapes


@dataclass(frozen=True)
class _Affine:
    """x * scale + shift, one value a channel, float64."""

    scale: np.ndarray
    shift: np.ndarray


def fold_batchnorm(model: Any) -> None:
    """Rewrite `model` in place: constants must have been folded and shapes inferred.

    A BatchNormalization without a convolution before it becomes a Mul and an Add.
    """
    from onnx import numpy_helper

    graph = model.graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    folder = _Folder(arrays, static_shapes(graph), Counter(name for node in graph.node for name in node.input))
    folder.uses.update(value.name for value in graph.output)  # a graph output must keep its value
    nodes = [new for node in graph.node for new in folder.rewrite(node)]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in folder.added.items())


class _Folder:
    def __init__(self, arrays: dict[str, np.ndarray], shapes: dict[str, list[int]], uses: Counter[str]) -> None:
        self.arrays, self.shapes, self.uses = arrays, shapes, uses
        self.added: dict[str, np.ndarray] = {}
        self.convolutions: dict[str, Any] = {}  # by the name of their output

    def rewrite(self, node: Any) -> list[Any]:
        """What stands in the place of `node`: itself, nothing (it was folded), or a Mul and an Add."""
        affine = self._affine(node)
        if affine is not None:
            data = node.input[0] if node.input[0] not in self.arrays else node.input[1]
            convolution = self.convolutions.get(data)
            if convolution is not None and self.uses[data] == 1:
                self._fold(convolution, affine, node.output[0])
                return []
            if node.op_type == "BatchNormalization":
                return self._spell_out(node, affine)
        if node.op_type == "Conv" and all(name in self.arrays for name in node.input[1:] if name):
            self.convolutions[node.output[0]] = node
        return [node]

    def _affine(self, node: Any) -> _Affine | None:
        if node.op_type == "BatchNormalization":
            return self._batchnorm(node)
        if node.op_type not in ("Mul", "Add"):
            return None
        constant = next((self.arrays[name] for name in node.input if name in self.arrays), None)
        shape = self.shapes.get(node.output[0])
        if constant is None or shape is None or len(shape) < 3 or constant.dtype != np.float32:
            return None
        if constant.size != 1 and (constant.ndim < len(shape) - 1 or constant.shape[-len(shape) + 1] != constant.size):
            return None  # not one value a channel
        values = np.broadcast_to(constant.astype(np.float64).reshape(-1), (shape[1],))
        zero, one = np.zeros(shape[1]), np.ones(shape[1])
        return _Affine(values, zero) if node.op_type == "Mul" else _Affine(one, values)

    def _batchnorm(self, node: Any) -> _Affine | None:
        attributes = {attribute.name: attribute for attribute in node.attribute}
        training = len(node.output) > 1 or ("training_mode" in attributes and attributes["training_mode"].i)
        if training or any(name not in self.arrays for name in node.input[1:]) or node.input[0] not in self.shapes:
            return None
        gamma, beta, mean, var = (self.arrays[name].astype(np.float64) for name in node.input[1:])
        epsilon = attributes["epsilon"].f if "epsilon" in attributes else 1e-5
        scale = gamma / np.sqrt(var + epsilon)
        return _Affine(scale, beta - mean * scale)

    def _fold(self, node: Any, affine: _Affine, output: str) -> None:
        weight = self.arrays[node.input[1]].astype(np.float64)
        old = self.arrays[node.input[2]].astype(np.float64) if len(node.input) > 2 and node.input[2] else 0.0
        folded = weight * affine.scale.reshape(-1, *[1] * (weight.ndim - 1))
        inputs = [node.input[0], self._add(folded, output, "weight")]
        inputs.append(self._add(old * affine.scale + affine.shift, output, "bias"))
        self.convolutions[output] = self.convolutions.pop(node.output[0])
        del node.input[:]
        node.input.extend(inputs)
        node.output[0] = output

    def _spell_out(self, node: Any, affine: _Affine) -> list[Any]:
        from onnx import helper

        data, output = node.input[0], node.output[0]
        shape = (-1, *[1] * (len(self.shapes[data]) - 2))
        scale = self._add(affine.scale.reshape(shape), output, "scale")
        shift = self._add(affine.shift.reshape(shape), output, "shift")
        scaled = f"{output}.scaled"
        return [
            helper.make_node("Mul", [data, scale], [scaled], name=f"{node.name}.scale"),
            helper.make_node("Add", [scaled, shift], [output], name=f"{node.name}.shift"),
        ]

    def _add(self, array: np.ndarray, output: str, role: str) -> str:
        name = f"{output}.{role}"
        self.arrays[name] = self.added[name] = array.astype(np.float32)
        return name
