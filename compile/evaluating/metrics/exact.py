"""Share of exactly right answers: top-1 for classes, exact plates for plates."""

from __future__ import annotations

from ...processing import Answers
from .metric import Score


class Exact:
    """Counts answers that are their truth, character for character."""

    def __init__(self) -> None:
        self._right = self._all = 0

    def add(self, answers: Answers, truths: Answers) -> None:
        """See Metric."""
        self._right += sum(answer == truth for answer, truth in zip(answers, truths, strict=True))
        self._all += len(truths)

    def score(self) -> Score:
        """See Metric."""
        return Score(self._right / max(self._all, 1), {"right": self._right, "all": self._all})
