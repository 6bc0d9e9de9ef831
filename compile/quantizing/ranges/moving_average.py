"""The average picture's extremes: an outlier in one picture counts for little."""

from __future__ import annotations

import numpy as np

from ..statistics import Range, Statistics

_SHARE = 0.01  # of a new picture, as in torch's MovingAverageMinMaxObserver; the average of the first 100 before that


def moving_average(statistics: Statistics, _levels: int) -> Range:
    """Exponential moving averages of each picture's least and greatest value (Jacob et al. 2018, section 3.1)."""
    return Range(_average(statistics.lows), _average(statistics.highs))


def _average(values: np.ndarray) -> float:
    average = 0.0
    for number, value in enumerate(values):
        average += max(_SHARE, 1 / (number + 1)) * (float(value) - average)
    return average
