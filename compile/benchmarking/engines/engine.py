"""What an engine has to do to be measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Job:
    """What one process runs: `model` is a Bundle's folder (tvm), an ONNX file, or a zoo name (torch).

    `weights` is torch's: a file, "random", or empty for the model's own.
    """

    engine: str
    model: str
    threads: int
    weights: str = ""


class Engine(Protocol):
    """A loaded model.  Inputs and outputs are NumPy arrays by name."""

    version: str

    def bind(self, inputs: Mapping[str, np.ndarray]) -> None:
        """Put the inputs where `execute` reads them, and provide for its outputs."""
        ...

    def execute(self) -> None:
        """Run on what is bound, tensors to tensors: the timed call."""
        ...

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run from arrays to arrays."""
        ...
