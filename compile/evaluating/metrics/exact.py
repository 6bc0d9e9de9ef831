"""Share of exactly right answers: top-1 for classes, exact plates for plates."""

from __future__ import annotations

from ...processing import Answers
from .metric import Score


class Exact:
    """Counts answers that are their truth, character for character."""

    def __init__(self) -> None:
        self._right = 0
        self._answers: list[str] = []

    def add(self, answers: Answers, truths: Answers) -> None:
        """See Metric."""
        self._right += sum(answer == truth for answer, truth in zip(answers, truths, strict=True))
        self._answers += map(str, answers)

    def score(self) -> Score:
        """See Metric."""
        count = len(self._answers)
        return Score(self._right / max(count, 1), {"right": self._right, "all": count}, answers=self._answers)
