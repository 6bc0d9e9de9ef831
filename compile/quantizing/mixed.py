"""`tilewright quantize --search`: measure every layer's error and times, decide, and write the mixed graph."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ..files import replacing
from ..importing import import_model
from ..progress import Progress, silent
from ..targets import resolve
from ..tvm_stack import available_cores
from .between import nodes_after
from .calibration import calibration_data
from .judge import calibration_judge
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
        judge = calibration_judge(floating.source, floating.inputs[0], limit)
        data = calibration_data(floating.source, floating.inputs, calib, limit)
        calibrated = calibrate(floating, data, recipe, progress)
        errors = layer_errors(calibrated, recipe, data, progress)
        count = threads or available_cores()
        progress("timing the layers in fp32")
        fp32 = _times(floating.graph, chosen, count)
        progress("timing the layers on integers")
        int8 = _times(put_pairs(calibrated, recipe).graph, chosen, count)
        layers = measured_layers(calibrated.graph, errors, fp32, int8)
        progress(f"scoring on {judge.data}")
        found = search(
            layers,
            recipe,
            lambda one: judge.score(put_pairs(calibrated, one).graph).value,
            judge.score(floating.graph).value,
            most_drop,
            lambda kept: nodes_after(calibrated.graph, kept),
            progress,
        )
        quantized = put_pairs(calibrated, found.recipe)
        beside.write_bytes(quantized.graph.SerializeToString())
    return quantized, found


def _times(graph: Any, target: Any, threads: int) -> dict[Geometry, float]:
    with tempfile.TemporaryDirectory(prefix="tilewright-") as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(graph.SerializeToString())
        return layer_times(import_model(path, check=False), target, threads)
