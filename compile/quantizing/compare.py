"""Try many recipes on the calibration part and say which one keeps the network's answers best."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from ..accuracy import compare
from ..evaluating.metrics import Score
from ..onnx_reference import OnnxReference
from ..progress import Progress, silent
from .calibrate import Observed, calibrated_by, observed_graph
from .calibration import Calibration, calibration_data
from .floating import read_floating
from .judge import Judge, calibration_judge
from .quantize import put_pairs
from .ranges import METHODS
from .recipe import Recipe

_RUNS = 32  # of the network, for the signal-to-noise of its result


@dataclass(frozen=True)
class Trial:
    """A recipe with the accuracy (0 to 1) that it leaves, the answers that it flips, and the result's SNR in dB."""

    recipe: Recipe
    accuracy: float
    flipped: int
    snr_db: float

    @property
    def merit(self) -> tuple[float, int, float]:
        """The greater the better."""
        return (self.accuracy, -self.flipped, self.snr_db)


@dataclass(frozen=True)
class Comparison:
    """All trials, the best first, and the fp32 network's accuracy; both on `data`."""

    trials: tuple[Trial, ...]
    fp32: float
    data: str

    @property
    def best(self) -> Recipe:
        """What to quantize by."""
        return self.trials[0].recipe


def recipes_to_try(recipe: Recipe) -> Iterator[Recipe]:
    """`recipe` by every method, with and without equalization and bias correction."""
    for equalize, correct_bias, method in product((False, True), (False, True), METHODS):
        yield replace(recipe, method=method, equalize=equalize, correct_bias=correct_bias)


def compare_recipes(
    model: str | Path,
    recipes: Iterable[Recipe],
    *,
    calib: str | None = None,
    limit: int | None = None,
    batch: int | None = None,
    weights: str | Path | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Quantize a model by each of `recipes`, and judge each on the model's own calibration part.

    The other arguments are as for `quantize_model`.  Raises TilewrightError where there is nothing to judge by.
    """
    floating = read_floating(str(model), batch, None, weights)
    judge = calibration_judge(floating.source, floating.inputs[0], limit)
    data = calibration_data(floating.source, floating.inputs, calib, limit)
    fp32 = _result(floating.graph, judge, data)
    observed: dict[bool, Observed] = {}
    trials = []
    waiting = list(recipes)
    for number, recipe in enumerate(waiting):
        progress("trying recipes", number, len(waiting))
        if recipe.equalize not in observed:
            observed[recipe.equalize] = observed_graph(floating, data, recipe.equalize)
        quantized = put_pairs(calibrated_by(observed[recipe.equalize], recipe), recipe)
        trials.append(_trial(recipe, _result(quantized.graph, judge, data), fp32))
    trials.sort(key=lambda one: one.merit, reverse=True)
    return Comparison(tuple(trials), fp32.score.value, judge.data)


@dataclass(frozen=True)
class _Result:
    """A graph's answers to the data, and its results for the first of the calibration inputs."""

    score: Score
    values: np.ndarray


def _result(graph: Any, judge: Judge, data: Calibration) -> _Result:
    network, output = OnnxReference(graph.SerializeToString()), graph.graph.output[0].name
    return _Result(judge.score_of(network), np.stack([network.run(one)[output] for one in data.first(_RUNS)]))


def _trial(recipe: Recipe, found: _Result, fp32: _Result) -> Trial:
    flipped = sum(one != other for one, other in zip(found.score.answers, fp32.score.answers, strict=True))
    return Trial(recipe, found.score.value, flipped, compare("first", "", found.values, fp32.values).snr_db)
