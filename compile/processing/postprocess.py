"""Network output to an answer, stated as data for a Bundle's manifest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

Answers = list[str] | np.ndarray
IGNORE = 255  # in a map of true classes: nothing is known of this pixel


@dataclass(frozen=True)
class Postprocess:
    """How to read the first output.

    `classify`: (N, classes) scores; the answer is the label (or index) of the largest.
    `ctc`: (N, classes, steps) scores; greedy CTC, the last class is the blank, `labels` the alphabet.
    `segment`: (N, classes, H, W) scores; the answer is a map of class numbers, uint8 (H, W), named by `labels`.
    `foreground`: (N, 1 or more, H, W) probabilities; the answer is the last channel's, float32 (H, W), `labels` its
    name.
    """

    kind: Literal["classify", "ctc", "segment", "foreground"]
    labels: tuple[str, ...] = ()

    @property
    def gives_maps(self) -> bool:
        """Whether an answer is a map over the picture, not a text."""
        return self.kind in ("segment", "foreground")

    def __call__(self, scores: np.ndarray) -> Answers:
        """One answer a row of `scores`: a list of texts, or an array of maps (N, H, W)."""
        if self.kind == "segment":
            return scores.argmax(axis=1).astype(np.uint8)
        if self.kind == "foreground":
            return scores[:, -1]
        if self.kind == "ctc":
            return [self._collapse(row.argmax(axis=0), blank=row.shape[0] - 1) for row in scores]
        return [self.name_of(index) for index in scores.argmax(axis=1)]

    def name_of(self, index: int, otherwise: str = "") -> str:
        """The label of a class; without labels, `otherwise` or its number."""
        return self.labels[index] if self.labels else otherwise or str(index)

    def _collapse(self, best: np.ndarray, blank: int) -> str:
        """Greedy CTC (Graves et al. 2006): drop repeats, then blanks."""
        first = np.concatenate(([True], best[1:] != best[:-1]))
        return "".join(self.name_of(index) for index in best[first & (best != blank)])

    def to_json(self) -> dict[str, Any]:
        """Plain values for a manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Postprocess:
        """The inverse of `to_json`."""
        return cls(kind=values["kind"], labels=tuple(values["labels"]))
