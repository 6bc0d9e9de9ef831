"""What every metric does: take answers and truths batch by batch, and give one figure with its counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ...processing import Answers


@dataclass(frozen=True)
class Score:
    """`value` from 0 to 1; `counts` are the whole numbers behind it, `classes` the value of each class.

    `answers` are all answers, in order, where these are texts.
    """

    value: float
    counts: dict[str, int]
    classes: dict[str, float] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)


class Metric(Protocol):
    """A metric that is being collected."""

    def add(self, answers: Answers, truths: Answers) -> None:
        """One batch: texts, or maps (N, H, W) whose truths are class numbers with `IGNORE`."""
        ...

    def score(self) -> Score:
        """The figure over all that was added."""
        ...
