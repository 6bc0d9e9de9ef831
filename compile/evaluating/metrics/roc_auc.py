"""Area under the receiver operating characteristic over all pixels that count."""

from __future__ import annotations

import numpy as np

from ...processing import IGNORE, Answers
from .metric import Score


class RocAuc:
    """The chance that a pixel of the foreground gets a higher score than one of the background; a tie counts half.

    Computed from ranks (Mann and Whitney 1947), exact for any scores.
    """

    def __init__(self) -> None:
        self._positive: list[np.ndarray] = []
        self._negative: list[np.ndarray] = []

    def add(self, answers: Answers, truths: Answers) -> None:
        """See Metric."""
        scores, truth = np.asarray(answers), np.asarray(truths)
        self._positive.append(scores[(truth != IGNORE) & (truth > 0)])
        self._negative.append(scores[truth == 0])

    def score(self) -> Score:
        """See Metric; a figure of 0.5 where one of the two kinds is missing."""
        positive = np.concatenate(self._positive) if self._positive else np.zeros(0)
        negative = np.sort(np.concatenate(self._negative)) if self._negative else np.zeros(0)
        counts = {"foreground_pixels": len(positive), "background_pixels": len(negative)}
        if not len(positive) or not len(negative):
            return Score(0.5, counts)
        below = np.searchsorted(negative, positive, side="left").sum(dtype=np.int64)
        not_above = np.searchsorted(negative, positive, side="right").sum(dtype=np.int64)
        return Score((int(below) + int(not_above)) / (2 * len(positive) * len(negative)), counts)
