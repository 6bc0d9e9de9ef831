"""How far each layer's result in the quantized network lies from the fp32 network's: errors that add up on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..accuracy import compare
from ..onnx_reference import OnnxReference
from .calibration import Calibration
from .observe import with_all_outputs
from .weights import convolutions

_RUNS = 16


@dataclass(frozen=True)
class LayerNoise:
    """`snr_db` and the mean squared error of a layer's result, and that error over the mean square of the values."""

    node: str
    operator: str
    snr_db: float
    squared_error: float
    relative_error: float


def layer_noise(floating: Any, quantized: Any, data: Calibration) -> list[LayerNoise]:
    """One for each layer with weights of the ONNX graph `floating`, in its order, by the first pictures of `data`."""
    layers = list(convolutions(floating))
    inputs = data.first(_RUNS)
    places = _places(floating, quantized, [layer.output for layer in layers])
    wanted = _results(floating, places, inputs)
    meant = _dequantized(quantized)
    found = _results(quantized, [meant.get(name, name) for name in places], inputs)
    noises = []
    for layer, theirs, ours in zip(layers, wanted, found, strict=True):
        error, size = float(np.square(ours - theirs).mean()), float(np.square(theirs).mean())
        snr = compare(layer.output, "calibration", ours, theirs).snr_db
        noises.append(LayerNoise(layer.node, layer.operator, snr, error, error / size if size else 0.0))
    return noises


def _places(floating: Any, quantized: Any, names: Sequence[str]) -> list[str]:
    """The tensors called `names`, or the ones after a ReLU that quantizing has made part of the layer."""
    there = {name for node in quantized.graph.node for name in (*node.input, *node.output)}
    after = {node.input[0]: node.output[0] for node in floating.graph.node if node.op_type in ("Relu", "Clip")}
    return [name if name in there else after[name] for name in names]


def _dequantized(quantized: Any) -> dict[str, str]:
    """Where the values of a tensor that is quantized can be read, by its name."""
    pairs = {node.input[0]: node.output[0] for node in quantized.graph.node if node.op_type == "QuantizeLinear"}
    back = {node.input[0]: node.output[0] for node in quantized.graph.node if node.op_type == "DequantizeLinear"}
    return {name: back[levels] for name, levels in pairs.items() if levels in back}


def _results(graph: Any, names: Sequence[str], inputs: Sequence[dict[str, np.ndarray]]) -> list[np.ndarray]:
    """The tensors called `names`, stacked over the pictures."""
    network = OnnxReference(with_all_outputs(graph, names).SerializeToString())
    runs = [network.run(one) for one in inputs]
    return [np.stack([run[name] for run in runs]) for name in names]
