"""Which data set a model is judged on, and what to say where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import TilewrightError, unknown_name
from ..importing.source import Source, is_file
from ..processing import Postprocess, Preprocess
from .metrics import INSTEAD

if TYPE_CHECKING:
    from ...models.data import Dataset


@dataclass(frozen=True)
class DataChoice:
    """What was asked for: a data set, one of its parts, the first `limit` pictures, a metric.  None: what suits."""

    data: str | None = None
    part: str | None = None
    limit: int | None = None
    metric: str | None = None


@dataclass(frozen=True)
class Plan:
    """A data set, and what surrounds the network that is judged on it."""

    data: Dataset
    preprocess: Preprocess
    postprocess: Postprocess


@dataclass(frozen=True)
class Evaluation:
    """`plan` is None where accuracy is not measured; `note` then says why."""

    plan: Plan | None
    note: str = ""


def choose_evaluation(
    source: Source, choice: DataChoice, required: bool = False, calibrated: bool = False
) -> Evaluation:
    """The data set that `choice` names, or the first of the model's own that is on this machine.

    What was `calibrated` is judged on part "test" unless told otherwise.  Random weights are never evaluated.
    Raises TilewrightError when the one named does not suit or is missing, and where there is none although one is
    `required`.
    """
    evaluation = _choose(source, choice, calibrated)
    if required and evaluation.plan is None:
        raise TilewrightError(
            f"the accuracy of {source.name} cannot be measured here: {evaluation.note}; see `tilewright models` for "
            "its data, `tilewright data get NAME`, or name trained weights with --weights"
        )
    return evaluation


def _choose(source: Source, choice: DataChoice, calibrated: bool) -> Evaluation:
    zoo = source.zoo
    if zoo is None:
        return Evaluation(None, "no data set for this file")
    if not source.trained:
        return Evaluation(None, "not measured (random weights)")
    data = choose_data(zoo.name, zoo.datasets, choice, calibrated)
    if data is None:
        return Evaluation(None, f"no data here ({', '.join(zoo.datasets)})" if zoo.datasets else "no data set")
    return Evaluation(Plan(data, zoo.preprocess, zoo.postprocess))


def foresee(model: str, weights: str | Path | None, choice: DataChoice, required: bool) -> None:
    """Raise, before a minute of compiling, what `choose_evaluation` would raise for a zoo model after it."""
    if is_file(model):
        return
    from ...models import zoo

    named = zoo.get(model)
    trained = str(weights) != "random" and (weights is not None or named.weights.kind != "random")
    choose_evaluation(Source(model, model, "", "", trained, named), choice, required)


def choose_data(model: str, datasets: Sequence[str], choice: DataChoice, calibrated: bool = False) -> Dataset | None:
    """The part of the data set that `choice` names, or of the first of `datasets` that is on this machine.

    Raises TilewrightError when the one named is not one of `datasets`, is not on this machine or has no such part.
    """
    from ...models import data

    if choice.data is not None and choice.data not in datasets:
        raise TilewrightError(f"{model} is not evaluated on {choice.data!r}; it has {', '.join(datasets) or 'none'}")
    with_part = [name for name in datasets if choice.part in data.get(name).parts] or datasets
    for name in [choice.data] if choice.data else with_part:
        if choice.data or data.available(name):
            whole = "test" if calibrated else data.get(name).whole
            return _judged_by(data.load(name, choice.part or whole, choice.limit), choice.metric)
    return None


def _judged_by(data: Dataset, metric: str | None) -> Dataset:
    """`data` with another metric.  Raises TilewrightError for one that its answers are not judged by."""
    if metric is None or metric == data.metric:
        return data
    fitting = next((names for names in INSTEAD if data.metric in names), (data.metric,))
    if metric not in fitting:
        raise unknown_name(f"metric of {data.name}", metric, fitting)
    return replace(data, metric=metric)
