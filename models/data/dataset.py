"""What every data set looks like: named parts that never mix unless a part says so, pictures decoded when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...compile.errors import TilewrightError
from ...compile.processing import IGNORE, Answers

__all__ = ["IGNORE", "Dataset", "DatasetSource", "Metric", "labelled", "split_off_calibration"]

Metric = Literal["top1", "exact_plate", "dice", "roc_auc", "miou"]


@dataclass(frozen=True)
class Dataset:
    """One part of a data set, `count` pictures long.

    `decode(start, stop)` gives pictures, uint8 (N, H, W, C), RGB or grey as they are.  `truths(start, stop)` gives
    what a right answer is, in the form of `Postprocess`' answers: texts, or maps of classes (N, H, W) uint8 with
    `IGNORE` where a pixel does not count.  `metric` says how answers are judged.
    """

    name: str
    part: str
    metric: Metric
    count: int
    decode: Callable[[int, int], np.ndarray]
    truths: Callable[[int, int], Answers]

    def __len__(self) -> int:
        return self.count

    def images(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Pictures `start` to `stop` (not included; None: to the end).  Bounds as in a slice."""
        return self.decode(*self._bounds(start, stop))

    def truth(self, start: int = 0, stop: int | None = None) -> Answers:
        """The right answers for the same pictures."""
        return self.truths(*self._bounds(start, stop))

    @property
    def labels(self) -> tuple[str, ...]:
        """All right answers of a data set whose answers are texts."""
        return tuple(str(label) for label in self.truth())

    def first(self, count: int) -> Dataset:
        """The first `count` pictures only (all, when there are fewer)."""
        if count < 1:
            raise TilewrightError(f"a data set is limited to 1 image or more, not {count}")
        return replace(self, count=min(count, self.count))

    def _bounds(self, start: int, stop: int | None) -> tuple[int, int]:
        start, stop, _ = slice(start, stop).indices(self.count)
        return start, max(start, stop)


def labelled(
    name: str, part: str, labels: Sequence[str], decode: Callable[[int, int], np.ndarray], metric: Metric = "top1"
) -> Dataset:
    """A data set whose answers are texts, one of `labels` a picture."""
    texts = [str(label) for label in labels]
    return Dataset(name, part, metric, len(texts), decode, lambda start, stop: texts[start:stop])


def split_off_calibration(count: int, every: int, part: str) -> np.ndarray:
    """Which of `count` training pictures belong to `part` (count,) bool: each `every`-th is for "calibration"."""
    return (np.arange(count) % every == 0) == (part == "calibration")


@dataclass(frozen=True)
class DatasetSource:
    """A data set that may or may not be on this machine.

    `parts` says in words what each part is.  `whole` is the part for a figure of a model that nothing was calibrated
    or chosen on here; a model that was calibrated on one part is reported on part `test`.  `folder` is its place in
    the data folder and its name for `tilewright data get`; empty for one that comes with a package.
    """

    name: str
    title: str
    parts: Mapping[str, str]
    is_available: Callable[[], bool]
    read: Callable[[str], Dataset]
    whole: str = "test"
    folder: str = ""
