"""What a training run is made of, and what it tells of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Optimizer = Literal["adamw", "sgd"]


@dataclass(frozen=True)
class Schedule:
    """What a run is made of; a checkpoint goes on only under the same one.

    `bfloat16` computes convolutions in that type (half the time on what has it); weights stay float32.
    """

    epochs: int
    batch: int = 128
    optimizer: Optimizer = "adamw"
    peak_rate: float = 2e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.1  # share of all steps
    bfloat16: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Epoch:
    """One line of the log; `loss` and `right` (share of right answers) are means over the augmented training data."""

    epoch: int
    loss: float
    right: float
    rate: float
    seconds: float
