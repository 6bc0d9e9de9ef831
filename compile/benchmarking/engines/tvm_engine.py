"""Our own Bundles, in TVM's runtime."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...bundle import load_bundle
from ...tvm_stack import runtime
from .engine import Job


class TvmEngine:
    """A Bundle."""

    def __init__(self, job: Job) -> None:
        self._bundle = load_bundle(job.model, job.threads)
        self.version = self._bundle.manifest.tvm_version
        self.bind = self._bundle.bind
        self.execute = self._bundle.execute

    def evaluate(self, runs: int) -> list[float]:
        """Milliseconds of so many runs on what is bound, by TVM's time_evaluator."""
        module = self._bundle.executor.module
        timer = module.time_evaluator("run", runtime().cpu(), number=1, repeat=runs)
        return [1e3 * seconds for seconds in timer().results]

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """See Engine."""
        return self._bundle.run(inputs)


def create(job: Job) -> TvmEngine:
    """Load the Bundle that `job` names."""
    return TvmEngine(job)
