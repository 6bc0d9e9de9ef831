"""What quantizing each layer by itself does to the network's result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..accuracy import compare
from ..onnx_reference import OnnxReference
from ..progress import Progress, silent
from .calibrate import Calibrated
from .calibration import Calibration
from .quantize import put_pairs
from .recipe import Recipe
from .weights import convolutions

_RUNS = 16


def layer_errors(
    calibrated: Calibrated, recipe: Recipe, data: Calibration, progress: Progress = silent
) -> dict[str, float]:
    """Signal-to-noise in dB of the first output, by the name of the only node with weights that is quantized."""
    graph = calibrated.graph
    nodes = [layer.node for layer in convolutions(graph)]
    inputs = data.first(_RUNS)
    wanted = _first_outputs(graph, inputs)
    found: dict[str, float] = {}
    for number, node in enumerate(nodes):
        progress("measuring each layer's error", number, len(nodes))
        others = tuple(one.name for one in graph.graph.node if one.name != node)
        alone = put_pairs(calibrated, replace(recipe, keep=others)).graph
        found[node] = compare("first", "calibration", _first_outputs(alone, inputs), wanted).snr_db
    return found


def _first_outputs(graph: Any, inputs: Sequence[dict[str, np.ndarray]]) -> np.ndarray:
    network = OnnxReference(graph.SerializeToString())
    name = graph.graph.output[0].name
    return np.stack([network.run(one)[name] for one in inputs])
