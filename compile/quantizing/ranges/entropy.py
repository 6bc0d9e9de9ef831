"""The range that loses the least information: Kullback-Leibler divergence between the values and their levels.

Migacz, "8-bit Inference with TensorRT" (GTC 2017): clip the distribution at a threshold, merge its bins into as many
groups as there are levels, spread each group evenly over its bins that are not empty, and compare.
"""

from __future__ import annotations

import numpy as np

from ..statistics import BINS, Range, Statistics

_STEP = 16  # bins between the thresholds that are tried
_LEAST = 1e-4  # share of a bin that has values but no level, as in MXNet's implementation: its logarithm is finite


def entropy(statistics: Statistics, levels: int) -> Range:
    """The threshold of the least divergence; values of both signs are clipped at plus and minus the same one."""
    whole = statistics.extremes
    both_signs = whole.low < 0 < whole.high
    groups = levels // 2 if both_signs else levels
    counts, top = _magnitudes(statistics)
    thresholds = range(groups, BINS + 1, _STEP)
    best = min(thresholds, key=lambda threshold: _divergence(counts, threshold, groups), default=BINS)
    limit = top * best / BINS
    return Range(max(whole.low, -limit), min(whole.high, limit))


def _magnitudes(statistics: Statistics) -> tuple[np.ndarray, float]:
    """A histogram of the absolute values, and its upper end."""
    whole = statistics.extremes
    top = max(abs(whole.low), abs(whole.high)) or 1.0
    counts, _ = np.histogram(np.abs(statistics.centres), BINS, (0.0, top), weights=statistics.counts)
    counts[0] = counts[1]  # zeros, of a ReLU or a picture's margin, always have a level: they say nothing about range
    return counts, top


def _divergence(counts: np.ndarray, threshold: int, groups: int) -> float:
    kept = counts[:threshold].astype(np.float64)
    real = kept.copy()
    real[-1] += counts[threshold:].sum()
    group = np.arange(threshold) * groups // threshold
    sums = np.bincount(group, kept, groups)
    filled = np.bincount(group, kept > 0, groups)
    levels = np.where(kept > 0, (sums / np.maximum(filled, 1))[group], 0.0)
    if not levels.sum():
        return np.inf
    p, q = real / real.sum(), np.maximum(levels / levels.sum(), _LEAST)
    there = p > 0
    return float(np.sum(p[there] * np.log(p[there] / q[there])))
