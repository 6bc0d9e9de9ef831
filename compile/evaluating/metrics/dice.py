"""The Dice coefficient (Dice 1945): 2 |A and B| / (|A| + |B|) for a picture's foreground, averaged over pictures."""

from __future__ import annotations

import numpy as np

from ...processing import IGNORE, Answers
from .metric import Score

_THRESHOLD = 0.5


class Dice:
    """Foreground is where the probability is over one half; two empty foregrounds agree (1)."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._both = self._answered = self._true = 0

    def add(self, answers: Answers, truths: Answers) -> None:
        """See Metric."""
        for answer, truth in zip(np.asarray(answers), np.asarray(truths), strict=True):
            known = truth != IGNORE
            ours, theirs = (answer > _THRESHOLD) & known, (truth > 0) & known
            both, answered, true = int((ours & theirs).sum()), int(ours.sum()), int(theirs.sum())
            self._values.append(2 * both / (answered + true) if answered + true else 1.0)
            self._both += both
            self._answered += answered
            self._true += true

    def score(self) -> Score:
        """See Metric."""
        counts = {
            "pictures": len(self._values),
            "foreground_pixels": self._true,
            "answered_pixels": self._answered,
            "common_pixels": self._both,
        }
        return Score(float(np.mean(self._values)) if self._values else 0.0, counts)
