"""Network output to an answer a person can read, stated as data for a Bundle's manifest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np


@dataclass(frozen=True)
class Postprocess:
    """How to read the first output.

    `classify`: (N, classes) scores; the answer is the label (or index) of the largest.
    `ctc`: (N, classes, steps) scores; greedy CTC, the last class is the blank, `labels` the alphabet.
    """

    kind: Literal["classify", "ctc"]
    labels: tuple[str, ...] = ()

    def __call__(self, scores: np.ndarray) -> list[str]:
        """One answer a row of `scores`."""
        if self.kind == "ctc":
            return [self._collapse(row.argmax(axis=0), blank=row.shape[0] - 1) for row in scores]
        return [self._label(index) for index in scores.argmax(axis=1)]

    def _label(self, index: int) -> str:
        return self.labels[index] if self.labels else str(index)

    def _collapse(self, best: np.ndarray, blank: int) -> str:
        """Greedy CTC (Graves et al. 2006): drop repeats, then blanks."""
        first = np.concatenate(([True], best[1:] != best[:-1]))
        return "".join(self._label(index) for index in best[first & (best != blank)])

    def to_json(self) -> dict[str, Any]:
        """Plain values for a manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Postprocess:
        """The inverse of `to_json`."""
        return cls(kind=values["kind"], labels=tuple(values["labels"]))
