"""OpenVINO on the CPU, at its latency settings and in the same precision (an optional extra)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...errors import TilewrightError
from .engine import Job


class OpenVinoEngine:
    """An ONNX file as a compiled OpenVINO model with one infer request."""

    def __init__(self, job: Job) -> None:
        try:
            import openvino
        except ModuleNotFoundError:
            raise TilewrightError("engine openvino is not installed: pip install 'tilewright[openvino]'") from None
        # fp32 has to be asked for: on a CPU with bf16 OpenVINO would compute in that.
        settings = {
            "INFERENCE_NUM_THREADS": job.threads,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._openvino = openvino
        self._model = openvino.Core().compile_model(job.model, "CPU", settings)
        self._names = [port.get_any_name() for port in self._model.outputs]
        self._request = self._model.create_infer_request()
        self.version = openvino.__version__

    def bind(self, inputs: Mapping[str, np.ndarray]) -> None:
        """See Engine."""
        self._kept = dict(inputs)  # shared memory: the arrays must live on
        for name, array in inputs.items():
            self._request.set_tensor(name, self._openvino.Tensor(array, shared_memory=True))

    def execute(self) -> None:
        """See Engine.  `start_async` and `wait` run on what is bound; `infer` would build a dictionary of results."""
        self._request.start_async()
        self._request.wait()

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """See Engine."""
        results = self._request.infer(dict(inputs))
        return {name: np.array(results[port]) for name, port in zip(self._names, self._model.outputs, strict=True)}


def create(job: Job) -> OpenVinoEngine:
    """Load the ONNX file that `job` names."""
    return OpenVinoEngine(job)
