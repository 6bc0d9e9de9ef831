"""`tilewright quantize --search`: measure every layer's error and times, decide, and write the mixed graph."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TilewrightError
from ..evaluating.choose import DataChoice, Plan, choose_evaluation
from ..evaluating.score_data import score_data
from ..files import replacing
from ..importing import import_model
from ..onnx_reference import OnnxReference
from ..progress import Progress, silent
from ..targets import resolve
from ..tvm_stack import available_cores
from .between import nodes_after
from .calibration import PART, calibration_data
from .layer_errors import layer_errors
from .layer_times import Geometry, layer_times
from .quantize import Quantized, calibrate, put_pairs, read_floating
from .recipe import Recipe
from .search import Found, measured_layers, search


def quantize_mixed(
    model: str | Path,
    output: Path,
    recipe: Recipe,
    most_drop: float,
    *,
    target: str = "native",
    threads: int | None = None,
    calib: str | None = None,
    limit: int | None = None,
    batch: int | None = None,
    weights: str | Path | None = None,
    progress: Progress = silent,
) -> tuple[Quantized, Found]:
    """Quantize the layers that gain by it, so that the accuracy drops by `most_drop` (0 to 1) at most, to `output`.

    Times are those of `target`, which this machine must be; accuracy is that of the model's own calibration part.
    Raises TilewrightError where there is none, or no choice of layers is accurate enough.
    """
    chosen = resolve(target)
    with replacing(output) as beside:
        floating = read_floating(str(model), batch, None, weights)
        plan = _plan(floating.source, limit)
        data = calibration_data(floating.source, floating.inputs, calib, limit)
        calibrated = calibrate(floating, data, recipe, progress)
        errors = layer_errors(calibrated, recipe, data, progress)
        count = threads or available_cores()
        progress("timing the layers in fp32")
        fp32 = _times(floating.graph, chosen, count)
        progress("timing the layers on integers")
        int8 = _times(put_pairs(calibrated, recipe).graph, chosen, count)
        layers = measured_layers(calibrated.graph, errors, fp32, int8)
        score = _scorer(plan, floating.inputs[0].name, floating.inputs[0].shape[0])
        progress(f"scoring on {plan.data.name}/{plan.data.part}")
        found = search(
            layers,
            recipe,
            lambda one: score(put_pairs(calibrated, one).graph),
            score(floating.graph),
            most_drop,
            lambda kept: nodes_after(calibrated.graph, kept),
            progress,
        )
        quantized = put_pairs(calibrated, found.recipe)
        beside.write_bytes(quantized.graph.SerializeToString())
    return quantized, found


def _plan(source: Any, limit: int | None) -> Plan:
    plan = choose_evaluation(source, DataChoice(part=PART, limit=limit), required=True).plan
    if plan is None:
        raise TilewrightError(f"{source.name}: no data to judge the accuracy by")
    return plan


def _times(graph: Any, target: Any, threads: int) -> dict[Geometry, float]:
    with tempfile.TemporaryDirectory(prefix="tilewright-") as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(graph.SerializeToString())
        return layer_times(import_model(path, check=False), target, threads)


def _scorer(plan: Plan, name: str, batch: int) -> Callable[[Any], float]:
    """A function from an ONNX graph to its accuracy, from 0 to 1, in ONNX Runtime."""

    def score(graph: Any) -> float:
        network = OnnxReference(graph.SerializeToString())
        output = graph.graph.output[0].name

        def run(tensor: np.ndarray) -> np.ndarray:
            return network.run({name: tensor})[output]

        return score_data(run, plan.data, plan.preprocess, plan.postprocess, batch).value

    return score
