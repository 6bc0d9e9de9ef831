"""Judge ONNX graphs by their answers on the calibration part, which results are never reported on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import TilewrightError
from ..evaluating.choose import DataChoice, Plan, choose_evaluation
from ..evaluating.metrics import Score
from ..evaluating.score_data import score_data
from ..importing.source import Source
from ..onnx_reference import OnnxReference
from ..tensor_spec import TensorSpec
from .calibration import PART


class Judge:
    """Runs graphs with one input in ONNX Runtime over `plan`'s data."""

    def __init__(self, plan: Plan, spec: TensorSpec) -> None:
        self.plan = plan
        self._input, self._batch = spec.name, spec.shape[0]

    @property
    def data(self) -> str:
        """What is judged on."""
        return f"{self.plan.data.name}/{self.plan.data.part}"

    def score(self, graph: Any) -> Score:
        """The answers of the ONNX `graph` and how good they are."""
        return self.score_of(OnnxReference(graph.SerializeToString()))

    def score_of(self, network: OnnxReference) -> Score:
        """The same of a graph that ONNX Runtime holds; its first output is judged."""

        def run(tensor: np.ndarray) -> np.ndarray:
            return next(iter(network.run({self._input: tensor}).values()))

        return score_data(run, self.plan.data, self.plan.preprocess, self.plan.postprocess, self._batch)


def calibration_judge(source: Source, spec: TensorSpec, limit: int | None) -> Judge:
    """Of the model's own calibration part.  Raises TilewrightError where there is none."""
    plan = choose_evaluation(source, DataChoice(part=PART, limit=limit), required=True).plan
    if plan is None:
        raise TilewrightError(f"{source.name}: no data to judge the accuracy by")
    return Judge(plan, spec)
