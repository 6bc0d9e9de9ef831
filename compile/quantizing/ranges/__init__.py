"""Ways to choose a tensor's range from its statistics, one a file; each takes `Statistics` and the number of levels."""

from __future__ import annotations

from collections.abc import Callable

from ..statistics import Range, Statistics
from .entropy import entropy
from .min_max import min_max
from .moving_average import moving_average
from .mse import mse
from .percentile import percentile

RangeMethod = Callable[[Statistics, int], Range]

METHODS: dict[str, RangeMethod] = {
    "min-max": min_max,
    "moving-average": moving_average,
    "percentile": percentile,
    "entropy": entropy,
    "mse": mse,
}

__all__ = ["METHODS", "RangeMethod"]
