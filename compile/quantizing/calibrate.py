"""From calibration data to a range for each tensor: equalize, observe, choose, correct the biases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..importing.source import Source
from ..progress import Progress, silent
from .calibration import Calibration
from .correct_bias import correct_bias
from .equalize import equalize
from .floating import Floating, require_nodes
from .four_bits import edge_tensors
from .join_ranges import join_ranges
from .observe import float_tensors, observe
from .ranges import METHODS
from .recipe import Recipe
from .statistics import Range, Statistics


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


def choose_ranges(graph: Any, statistics: Mapping[str, Statistics], recipe: Recipe) -> dict[str, Range]:
    """A range for each float tensor of the graph."""
    method, edges = METHODS[recipe.method], edge_tensors(graph)
    found = {name: method(statistics[name], recipe.levels(name in edges)).with_zero() for name in float_tensors(graph)}
    return join_ranges(graph, found)
