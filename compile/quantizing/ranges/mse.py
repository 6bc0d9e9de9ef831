"""The range with the least mean squared error: clipping costs the large values, a wide range all the others.

The trade-off of Banner et al. (2019), "Post-training 4-bit quantization", found by search instead of in closed form.
"""

from __future__ import annotations

import numpy as np

from ..statistics import Range, Statistics

_SHARES = np.linspace(1.0, 0.1, 91)


def mse(statistics: Statistics, levels: int) -> Range:
    """Both ends drawn in by the same share, then each by itself."""
    whole = statistics.extremes.with_zero()
    centres, counts = statistics.centres, statistics.counts

    def error(low: float, high: float) -> float:
        return squared_error(centres, counts, Range(low, high), levels)

    share = min(_SHARES, key=lambda one: error(whole.low * one, whole.high * one))
    low, high = whole.low * share, whole.high * share
    low = min(whole.low * _SHARES, key=lambda one: error(one, high))
    high = min(whole.high * _SHARES, key=lambda one: error(low, one))
    return Range(float(low), float(high))


def squared_error(values: np.ndarray, counts: np.ndarray, chosen: Range, levels: int) -> float:
    """The sum of squared errors of `values`, each `counts` times, on `levels` even levels over a range with 0 in it."""
    step = (chosen.high - chosen.low) / (levels - 1)
    if step <= 0:
        return float(np.sum(counts * np.square(values)))
    zero = np.rint(-chosen.low / step)
    level = np.clip(np.rint(values / step) + zero, 0, levels - 1)
    return float(np.sum(counts * np.square((level - zero) * step - values)))
