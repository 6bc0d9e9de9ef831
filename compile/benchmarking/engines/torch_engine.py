"""PyTorch in eager mode, for zoo models: what the model's author would run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...errors import TilewrightError
from ...importing.source import is_file
from .engine import Job


class TorchEngine:
    """A zoo model in torch.inference_mode."""

    def __init__(self, job: Job) -> None:
        if is_file(job.model):
            raise TilewrightError(f"engine torch runs zoo models only, not {job.model}: leave it out")
        import torch

        from ....models.loading import load_model

        torch.set_num_threads(job.threads)
        loaded = load_model(job.model, job.weights or None)
        self._torch, self._module, self._zoo = torch, loaded.module, loaded.zoo
        self.version = torch.__version__

    def bind(self, inputs: Mapping[str, np.ndarray]) -> None:
        """See Engine."""
        self._input = self._torch.from_numpy(np.array(inputs[self._zoo.input_name]))

    def execute(self) -> None:
        """See Engine."""
        with self._torch.inference_mode():
            self._output = self._module(self._input)

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """See Engine."""
        self.bind(inputs)
        self.execute()
        return {self._zoo.output_name: self._output.numpy()}


def create(job: Job) -> TorchEngine:
    """Load the zoo model that `job` names."""
    return TorchEngine(job)
