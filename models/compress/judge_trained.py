"""What a network trained as its quantized form is worth: its accuracy, and that ONNX Runtime agrees with it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from torch import nn

from ...compile.accuracy import compare
from ...compile.errors import CheckFailed, TilewrightError
from ...compile.evaluating.choose import DataChoice, choose_data
from ...compile.evaluating.score_data import score_data
from ...compile.onnx_reference import OnnxReference
from ...compile.quantizing.calibration import PART, Calibration
from ..data import Dataset
from ..zoo import ZooModel

_JUDGED = 1000  # pictures of the calibration part, after each epoch
_BATCH = 100
_CHECKED = 8
_LEAST_DB = 30.0


def accuracy_of(network: nn.Module, zoo: ZooModel) -> Callable[[], dict[str, float]]:
    """A function that gives the network's accuracy on the calibration part, as an epoch's line of the log.

    Raises TilewrightError where the data is not here.
    """
    data = _calibration_part(zoo, _JUDGED)

    def run(images: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return network(torch.from_numpy(images)).numpy()

    return lambda: {
        "accuracy": round(score_data(run, data, zoo.preprocess, zoo.postprocess, batch=_BATCH).value, 5),
    }


def accuracy_if_any(network: nn.Module, zoo: ZooModel) -> float | None:
    """Its accuracy on the calibration part; None where the data is not here."""
    with suppress(TilewrightError):
        return accuracy_of(network, zoo)()["accuracy"]
    return None


def pictures_of(zoo: ZooModel, count: int) -> torch.Tensor:
    """Inputs (count, C, H, W) float32 of the calibration part.  Raises TilewrightError where the data is not here."""
    return torch.from_numpy(zoo.preprocess(_calibration_part(zoo, count).images()))


def _calibration_part(zoo: ZooModel, most: int) -> Dataset:
    data = choose_data(zoo.name, zoo.datasets, DataChoice(None, PART, most))
    if not zoo.datasets:
        raise TilewrightError(f"{zoo.name} has no data set to be judged by")
    if data is None:
        raise TilewrightError(f"no data set of {zoo.name} is here: `tilewright data get {zoo.datasets[0]}`")
    return data


def check_trained(network: nn.Module, model: str, graph: Any, data: Calibration) -> None:
    """ONNX Runtime agrees with `graph` on some picture: a rounding that falls the other way spoils one, a mistake all.

    Raises CheckFailed.
    """
    reference, name = OnnxReference(graph.SerializeToString()), graph.graph.output[0].name
    found = []
    for inputs in data.first(_CHECKED):
        with torch.no_grad():
            ours = network(*map(torch.from_numpy, inputs.values())).numpy()
        found.append(compare(name, "calibration", ours, reference.run(inputs)[name]).snr_db)
    if max(found) < _LEAST_DB:
        raise CheckFailed(
            f"the trained {model} disagrees with ONNX Runtime on its file: {max(found):.1f} dB at best "
            f"({_LEAST_DB:.0f} dB is the least accepted)"
        )
