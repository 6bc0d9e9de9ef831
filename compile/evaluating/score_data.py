"""Run a network over a data set: pictures in, judged answers out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..processing import Answers, Postprocess, Preprocess
from .metrics import Score, create

if TYPE_CHECKING:
    from ...models.data import Dataset


def score_data(
    run: Callable[[np.ndarray], np.ndarray],
    data: Dataset,
    preprocess: Preprocess,
    postprocess: Postprocess,
    batch: int = 1,
    on_done: Callable[[int], None] = lambda done: None,
) -> Score:
    """Judge the answers to all of `data`, run in batches of exactly `batch`.

    `run` takes (batch, C, H, W) float32 and returns the first output.  The last batch is filled up with copies of
    its last picture, whose answers are dropped.  `on_done` is told how many pictures are done.
    """
    metric = create(data.metric, postprocess.labels)
    for start in range(0, len(data), batch):
        pictures = data.images(start, start + batch)
        filled = np.concatenate([pictures, *[pictures[-1:]] * (batch - len(pictures))])
        answers = postprocess(run(preprocess(filled)))[: len(pictures)]
        metric.add(_in_pictures(answers, pictures.shape[1:3], preprocess), data.truth(start, start + batch))
        on_done(start + len(pictures))
    return metric.score()


def _in_pictures(answers: Answers, size: tuple[int, ...], preprocess: Preprocess) -> Answers:
    if isinstance(answers, list):
        return answers
    return np.stack([preprocess.restored(answer, *size) for answer in answers])
