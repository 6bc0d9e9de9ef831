"""All values: nothing is clipped, and one outlier makes every step coarser."""

from __future__ import annotations

from ..statistics import Range, Statistics


def min_max(statistics: Statistics, _levels: int) -> Range:
    """From the least to the greatest value seen."""
    return statistics.extremes
