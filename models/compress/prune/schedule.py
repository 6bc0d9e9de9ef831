"""How the pruned share grows from step to step."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import Literal

Shape = Literal["one-shot", "linear", "exponential", "agp"]
_BENT = 4.0  # e to this: how much faster the exponential one begins than it ends

# Share of steps done -> share of the final ratio, both 0 to 1.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "one-shot": lambda done: 1.0,
    "linear": lambda done: done,
    "exponential": lambda done: (1 - exp(-_BENT * done)) / (1 - exp(-_BENT)),
    "agp": lambda done: 1 - (1 - done) ** 3,  # Zhu and Gupta 2017, arXiv:1710.01878
}
