"""`tilewright quantize --search`: measure every layer's error and times, decide, and write the mixed graph."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..files import replacing
from ..importing import import_model
from ..importing.quantization_note import put_note, quantization_note
from ..progress import Progress, silent
from ..targets import Target, resolve
from ..tvm_stack import available_cores
from .between import nodes_after
from .calibrate import calibrate
from .calibration import calibration_data
from .floating import read_floating
from .judge import calibration_judge
from .layer_errors import layer_errors
from .layer_times import Times, layer_times
from .quantize import Quantized, put_pairs
from .recipe import Recipe
from .search import Found, all_integer, measured_layers, search


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
    Where every layer on integers makes a faster network, and one that is accurate enough, that is taken; one that is no
    faster than fp32 has a warning in its metadata.
    Raises TilewrightError where there is none, or no choice of layers is accurate enough.
    """
    chosen = resolve(target)
    with replacing(output) as beside:
        floating = read_floating(str(model), batch, None, weights)
        judge = calibration_judge(floating.source, floating.inputs[0], limit)
        data = calibration_data(floating.source, floating.inputs, calib, limit)
        calibrated = calibrate(floating, data, recipe, progress)
        errors = layer_errors(calibrated, recipe, data, progress)
        timer = _Timer(chosen, threads or available_cores(), progress)
        fp32 = timer(floating.graph, "the layers in fp32")
        int8 = timer(put_pairs(calibrated, recipe).graph, "the layers on integers")
        layers = measured_layers(calibrated.graph, errors, fp32.layers, int8.layers)
        progress(f"scoring on {judge.data}")

        def accuracy(one: Recipe) -> float:
            return judge.score(put_pairs(calibrated, one).graph).value

        def between(kept: tuple[str, ...]) -> tuple[str, ...]:
            return nodes_after(calibrated.graph, kept)

        found = search(layers, recipe, accuracy, judge.score(floating.graph).value, most_drop, between, progress)
        mixed = timer(put_pairs(calibrated, found.recipe).graph, "the network that was chosen")
        found = replace(found, fp32_us=fp32.network, chosen_us=mixed.network)
        if int8.network < mixed.network and found.fp32 - (whole := accuracy(recipe)) <= most_drop:
            found = replace(all_integer(found, recipe, whole), chosen_us=int8.network)
        quantized = put_pairs(calibrated, found.recipe)
        _note_times(quantized.graph, found)
        beside.write_bytes(quantized.graph.SerializeToString())
    return quantized, found


def _note_times(graph: Any, found: Found) -> None:
    times = {"fp32_us": found.fp32_us, "chosen_us": found.chosen_us}
    put_note(graph, {**quantization_note(graph), **times, **({"warning": found.warning} if found.warning else {})})


@dataclass(frozen=True)
class _Timer:
    target: Target
    threads: int
    progress: Progress

    def __call__(self, graph: Any, what: str) -> Times:
        """The times of an ONNX graph."""
        self.progress(f"timing {what}")
        with tempfile.TemporaryDirectory(prefix="tilewright-") as folder:
            path = Path(folder) / "model.onnx"
            path.write_bytes(graph.SerializeToString())
            return layer_times(import_model(path, check=False), self.target, self.threads)
