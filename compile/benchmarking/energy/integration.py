"""Energy from power: the trapezoid rule over a window of samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import TilewrightError


def integrate(seconds: Sequence[float] | np.ndarray, watts: Sequence[float] | np.ndarray) -> float:
    """Joules under samples of power at rising times, (n,) each; 0 for fewer than two."""
    t, p = np.asarray(seconds, np.float64), np.asarray(watts, np.float64)
    return float(((p[1:] + p[:-1]) / 2 * np.diff(t)).sum())


def integrate_window(seconds: np.ndarray, watts: np.ndarray, begin: float, end: float) -> float:
    """Joules from `begin` to `end`, in the samples' own seconds; power between two samples lies on a line.

    Raises TilewrightError where the samples do not reach from one to the other.
    """
    if len(seconds) < 2 or seconds[0] > begin or seconds[-1] < end:
        raise TilewrightError("the meter's samples do not cover the time of the runs")
    inside = (seconds > begin) & (seconds < end)
    t = np.concatenate([[begin], seconds[inside], [end]])
    return integrate(t, np.interp(t, seconds, watts))
