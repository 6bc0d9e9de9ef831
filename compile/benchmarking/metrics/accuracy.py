"""Share of right answers on a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...processing import Postprocess, Preprocess

if TYPE_CHECKING:
    from ....models.data import Dataset


def answers(
    run: Callable[[np.ndarray], np.ndarray], data: Dataset, preprocess: Preprocess, postprocess: Postprocess, batch: int
) -> Iterator[tuple[str, str]]:
    """(answer, label) of every image of `data`, run in batches of exactly `batch`.

    `run` takes (batch, C, H, W) float32 and returns the first output.  The last batch is filled up with copies of
    its last image, whose answers are dropped.
    """
    for start in range(0, len(data), batch):
        images = data.images(start, min(start + batch, len(data)))
        filled = np.concatenate([images, *[images[-1:]] * (batch - len(images))])
        scores = run(preprocess(filled))
        yield from zip(postprocess(scores), data.labels[start : start + len(images)], strict=False)


def count_correct(pairs: Iterator[tuple[str, str]]) -> int:
    """How many answers equal their label."""
    return sum(answer == label for answer, label in pairs)
