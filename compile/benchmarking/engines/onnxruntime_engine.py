"""ONNX Runtime on the CPU at its default settings: all graph optimizations, threads that spin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime

from .engine import Job


class OnnxRuntimeEngine:
    """An ONNX file in an InferenceSession, with its inputs and outputs bound by IOBinding."""

    def __init__(self, job: Job) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = job.threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(job.model, options, providers=["CPUExecutionProvider"])
        self._outputs = [output.name for output in self._session.get_outputs()]
        self._binding = self._session.io_binding()
        self.version = onnxruntime.__version__

    def bind(self, inputs: Mapping[str, np.ndarray]) -> None:
        """See Engine.  The output tensors are those of a first run, so that later runs allocate nothing."""
        for name, array in inputs.items():
            self._binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(array))
        for name, array in self.run(inputs).items():
            self._binding.bind_ortvalue_output(name, onnxruntime.OrtValue.ortvalue_from_numpy(array))

    def execute(self) -> None:
        """See Engine."""
        self._session.run_with_iobinding(self._binding)

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """See Engine."""
        results: list[Any] = list(self._session.run(self._outputs, dict(inputs)))
        return dict(zip(self._outputs, results, strict=True))


def create(job: Job) -> OnnxRuntimeEngine:
    """Load the ONNX file that `job` names."""
    return OnnxRuntimeEngine(job)
