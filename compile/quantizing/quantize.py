"""Post-training static quantization, from top to bottom: read and fold, calibrate, write QDQ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import replacing
from ..importing.quantization_note import put_note
from ..importing.source import Source
from ..onnx_reference import OnnxReference
from ..progress import Progress, silent
from .calibrate import Calibrated, calibrate
from .calibration import Calibration, calibration_data
from .floating import Floating, read_floating
from .layer_noise import LayerNoise, layer_noise
from .recipe import Recipe
from .statistics import Range
from .weights import INTEGER, WEIGHTED
from .write_qdq import write_qdq

if TYPE_CHECKING:
    from .dynamic import DynamicRecipe


@dataclass(frozen=True)
class Quantized:
    """A quantized graph (onnx.ModelProto), how it came to be, and, where it was asked for, each layer's error."""

    source: Source
    graph: Any
    recipe: Recipe | DynamicRecipe
    calibration: str
    ranges: Mapping[str, Range]
    noises: tuple[LayerNoise, ...] = ()

    @property
    def coverage(self) -> str:
        """How many of the layers with weights compute on integers."""
        integer, all_of_them = count_integer(self.graph)
        return f"{integer} of {all_of_them} convolutions and products {self.recipe.precision}"


def quantize_model(
    model: str | Path,
    output: Path,
    recipe: Recipe | None = None,
    *,
    calib: str | None = None,
    limit: int | None = None,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    weights: str | Path | None = None,
    noises: bool = False,
    progress: Progress = silent,
) -> Quantized:
    """Quantize a zoo model or an fp32 ONNX file and write it to `output`, an ONNX file with QDQ pairs.

    `calib` and `limit` are as for `calibration_data`; with `noises` each layer's error is measured.
    Raises TilewrightError for a model that is quantized already, and for calibration data that is missing, empty or
    does not fit; nothing is written then.
    """
    recipe = recipe or Recipe()
    with replacing(output) as beside:
        floating = read_floating(str(model), batch, shapes, weights)
        data = calibration_data(floating.source, floating.inputs, calib, limit)
        quantized = quantize(floating, data, recipe, progress)
        if noises:
            quantized = with_noises(quantized, floating, data, progress)
        if recipe.four_bits:
            OnnxReference(quantized.graph.SerializeToString())  # raises where it lacks a 4-bit kernel
        beside.write_bytes(quantized.graph.SerializeToString())
    return quantized


def quantize(floating: Floating, data: Calibration, recipe: Recipe, progress: Progress = silent) -> Quantized:
    """The quantized graph; `floating` stays as it is."""
    return put_pairs(calibrate(floating, data, recipe, progress), recipe)


def with_noises(quantized: Quantized, floating: Floating, data: Calibration, progress: Progress = silent) -> Quantized:
    """The same with each layer's error, on the first pictures of `data`."""
    progress("measuring each layer's error")
    return replace(quantized, noises=tuple(layer_noise(floating.graph, quantized.graph, data)))


def put_pairs(calibrated: Calibrated, recipe: Recipe) -> Quantized:
    """The graph with the pairs that `recipe` wants, which may keep other nodes than it was calibrated for."""
    quantized = write_qdq(calibrated.graph, calibrated.ranges, recipe)
    note = {"recipe": recipe.to_json(), "calibration": calibrated.origin}
    put_note(quantized, note)
    return Quantized(calibrated.source, quantized, recipe, calibrated.origin, calibrated.ranges)


def count_integer(graph: Any) -> tuple[int, int]:
    """(layers whose operands are all integers, dequantized or as they are, layers): convolutions, matrix products."""
    producers = {name: node.op_type for node in graph.graph.node for name in node.output}
    layers = [node for node in graph.graph.node if node.op_type in WEIGHTED]
    pairs = [node for node in layers if all(producers.get(name) == "DequantizeLinear" for name in node.input[:2])]
    dynamic = sum(node.op_type in INTEGER for node in graph.graph.node)
    return len(pairs) + dynamic, len(layers) + dynamic
