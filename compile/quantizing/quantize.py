"""Post-training static quantization, from top to bottom: read, fold, equalize, observe, choose ranges, write QDQ."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import TilewrightError
from ..files import replacing
from ..importing.input_shapes import infer_shapes
from ..importing.normalize import normalize, quantized_node
from ..importing.quantization_note import put_note
from ..importing.read_onnx import read_onnx
from ..importing.source import Source, identify, open_source
from ..onnx_reference import OnnxReference
from ..progress import Progress, silent
from ..tensor_spec import TensorSpec
from .calibration import Calibration, calibration_data
from .correct_bias import correct_bias
from .equalize import equalize
from .four_bits import edge_tensors
from .join_ranges import join_ranges
from .layer_noise import LayerNoise, layer_noise
from .observe import float_tensors, observe
from .ranges import METHODS
from .recipe import Recipe
from .statistics import Range, Statistics
from .weights import INTEGER, WEIGHTED
from .write_qdq import write_qdq

if TYPE_CHECKING:
    from .dynamic import DynamicRecipe


@dataclass(frozen=True)
class Floating:
    """An fp32 graph ready to be quantized: BatchNorm folded, constants evaluated, shapes fixed and inferred."""

    source: Source
    graph: Any
    inputs: tuple[TensorSpec, ...]


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
            progress("measuring each layer's error")
            quantized = replace(quantized, noises=tuple(layer_noise(floating.graph, quantized.graph, data)))
        if recipe.four_bits:
            OnnxReference(quantized.graph.SerializeToString())  # raises where it lacks a 4-bit kernel
        beside.write_bytes(quantized.graph.SerializeToString())
    return quantized


def read_floating(
    model: str,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    weights: str | Path | None = None,
) -> Floating:
    """The model as it is quantized.  Raises TilewrightError for one that is quantized already."""
    with tempfile.TemporaryDirectory(prefix="tilewright-") as folder:
        source, path = open_source(model, Path(folder), batch, weights)
        normal = normalize(read_onnx(path), Path(source.origin), batch, shapes or {})
    if normal.stored:
        forms = sorted({one.form for one in normal.stored.values()})
        raise TilewrightError(f"{source.origin}: quantized already (it has weights of {', '.join(forms)})")
    infer_shapes(normal.graph)
    found = quantized_node(normal.graph)
    if found is not None:
        raise TilewrightError(f"{source.origin}: quantized already (node {found.name!r} is {found.op_type})")
    return Floating(identify(source, normal.graph, normal.inputs), normal.graph, normal.inputs)


def quantize(floating: Floating, data: Calibration, recipe: Recipe, progress: Progress = silent) -> Quantized:
    """The quantized graph; `floating` stays as it is."""
    return put_pairs(calibrate(floating, data, recipe, progress), recipe)


@dataclass(frozen=True)
class Calibrated:
    """An fp32 graph whose weights suit the recipe, with the range of each of its tensors."""

    source: Source
    graph: Any
    ranges: Mapping[str, Range]
    origin: str


@dataclass(frozen=True)
class Observed:
    """An fp32 graph, equalized or not, with the statistics of each of its tensors."""

    source: Source
    graph: Any
    statistics: Mapping[str, Statistics]
    origin: str


def calibrate(floating: Floating, data: Calibration, recipe: Recipe, progress: Progress = silent) -> Calibrated:
    """Equalize, observe, choose ranges, correct biases.  Raises TilewrightError for data that will not do."""
    require_nodes(floating.graph, recipe.keep)
    observed = observed_graph(floating, data, recipe.equalize, progress)
    progress(f"choosing ranges by {recipe.method}")
    return calibrated_by(observed, recipe)


def observed_graph(floating: Floating, data: Calibration, equalized: bool, progress: Progress = silent) -> Observed:
    """The first half of `calibrate`, which recipes share.  `floating` stays as it is."""
    graph = _copy(floating.graph)
    if equalized:
        equalize(graph)
    statistics = observe(graph, lambda: data, lambda done: progress("calibrating", done, 2 * data.runs))
    return Observed(floating.source, graph, statistics, data.origin)


def calibrated_by(observed: Observed, recipe: Recipe) -> Calibrated:
    """The second half.  `observed` stays as it is."""
    graph = _copy(observed.graph)
    ranges = choose_ranges(graph, observed.statistics, recipe)
    if recipe.correct_bias:
        correct_bias(graph, observed.statistics, recipe.per_channel, recipe.weight_bits)
    return Calibrated(observed.source, graph, ranges, observed.origin)


def _copy(graph: Any) -> Any:
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(graph)
    return copy


def put_pairs(calibrated: Calibrated, recipe: Recipe) -> Quantized:
    """The graph with the pairs that `recipe` wants, which may keep other nodes than it was calibrated for."""
    quantized = write_qdq(calibrated.graph, calibrated.ranges, recipe)
    note = {"recipe": recipe.to_json(), "calibration": calibrated.origin}
    put_note(quantized, note)
    return Quantized(calibrated.source, quantized, recipe, calibrated.origin, calibrated.ranges)


def choose_ranges(graph: Any, statistics: Mapping[str, Statistics], recipe: Recipe) -> dict[str, Range]:
    """A range for each float tensor of the graph."""
    method, edges = METHODS[recipe.method], edge_tensors(graph)
    found = {name: method(statistics[name], recipe.levels(name in edges)).with_zero() for name in float_tensors(graph)}
    return join_ranges(graph, found)


def count_integer(graph: Any) -> tuple[int, int]:
    """(layers whose operands are all integers, dequantized or as they are, layers): convolutions, matrix products."""
    producers = {name: node.op_type for node in graph.graph.node for name in node.output}
    layers = [node for node in graph.graph.node if node.op_type in WEIGHTED]
    pairs = [node for node in layers if all(producers.get(name) == "DequantizeLinear" for name in node.input[:2])]
    dynamic = sum(node.op_type in INTEGER for node in graph.graph.node)
    return len(pairs) + dynamic, len(layers) + dynamic


def require_nodes(graph: Any, keep: Sequence[str]) -> None:
    """Raises TilewrightError where the graph has no node or operator that is to be kept."""
    known = {name for node in graph.graph.node for name in (node.name, node.op_type)}
    missing = [name for name in keep if name not in known]
    if missing:
        raise TilewrightError(f"--keep {missing[0]}: the model has no node or operator of that name")
