"""What is known of a tensor's values after the calibration data has gone through the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 2048


@dataclass(frozen=True)
class Range:
    """The values that get levels of their own; what lies outside is clipped."""

    low: float
    high: float

    def with_zero(self) -> Range:
        """The same with 0 in it, which padding needs a level for."""
        return Range(min(self.low, 0.0), max(self.high, 0.0))


@dataclass(frozen=True)
class Statistics:
    """The values of one tensor.

    lows, highs    (pictures,) float64: the extremes of each picture, in the order of the data
    counts         (BINS,) int64: how many values lay in each of the equal bins between the least and the greatest
    channel_means  (channels,) float64: the mean over pictures and pixels; axis 1 of the tensor is the channels
    """

    lows: np.ndarray
    highs: np.ndarray
    counts: np.ndarray
    channel_means: np.ndarray

    @property
    def extremes(self) -> Range:
        """From the least to the greatest value."""
        return Range(float(self.lows.min()), float(self.highs.max()))

    @property
    def edges(self) -> np.ndarray:
        """(BINS + 1,) the bins' edges."""
        whole = self.extremes
        return np.linspace(whole.low, whole.high, BINS + 1)

    @property
    def centres(self) -> np.ndarray:
        """(BINS,) the bins' centres."""
        edges = self.edges
        return (edges[:-1] + edges[1:]) / 2
