"""Mean intersection over union (Everingham et al. 2010): |A and B| / |A or B| of each class, averaged over classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...processing import IGNORE, Answers
from .metric import Score

_CLASSES = 256


class MeanIou:
    """One confusion matrix over all pixels that count; classes that occur in neither answers nor truth are left out."""

    def __init__(self, labels: Sequence[str] = ()) -> None:
        self._labels = tuple(labels)
        self._pairs = np.zeros(_CLASSES * _CLASSES, np.int64)

    def add(self, answers: Answers, truths: Answers) -> None:
        """See Metric."""
        answer, truth = np.asarray(answers), np.asarray(truths)
        known = truth != IGNORE
        pairs = truth[known].astype(np.int64) * _CLASSES + answer[known]
        self._pairs += np.bincount(pairs, minlength=_CLASSES * _CLASSES)

    def score(self) -> Score:
        """See Metric."""
        confusion = self._pairs.reshape(_CLASSES, _CLASSES)
        common = np.diag(confusion)
        union = confusion.sum(0) + confusion.sum(1) - common
        values = {self._name(int(index)): float(common[index] / union[index]) for index in np.flatnonzero(union)}
        counts = {"pixels": int(confusion.sum()), "right_pixels": int(common.sum())}
        return Score(float(np.mean(list(values.values()))) if values else 0.0, counts, values)

    def _name(self, index: int) -> str:
        return self._labels[index] if index < len(self._labels) else str(index)
