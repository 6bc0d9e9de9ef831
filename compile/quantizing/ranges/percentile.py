"""Nearly all values: a fixed share of the largest is clipped (Wu et al. 2020, "Integer Quantization", section 3)."""

from __future__ import annotations

import numpy as np

from ..statistics import Range, Statistics

_KEPT = 0.9999


def percentile(statistics: Statistics, _levels: int) -> Range:
    """The least and the greatest bin once 0.005 % of the values are left out at either end."""
    below = np.cumsum(statistics.counts) / statistics.counts.sum()
    tail, edges = (1 - _KEPT) / 2, statistics.edges
    first = int(np.searchsorted(below, tail, side="right"))
    last = int(np.searchsorted(below, 1 - tail, side="left"))
    return Range(float(edges[first]), float(edges[last + 1]))
