"""What every data set looks like: named parts that never mix unless a part says so, images decoded when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...compile.errors import TilewrightError

Metric = Literal["top1", "exact_plate"]


@dataclass(frozen=True)
class Dataset:
    """One part of a data set.

    `labels` has one string an image, in the form of `Postprocess`' answers; `metric` names what the share of equal
    ones is called.  `decode(start, stop)` gives uint8 images (N, H, W, C) in the channel order of the models that
    name this data set.
    """

    name: str
    part: str
    metric: Metric
    labels: tuple[str, ...]
    decode: Callable[[int, int], np.ndarray]

    def __len__(self) -> int:
        return len(self.labels)

    def images(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Images `start` to `stop` (not included; None: to the end) -> (N, H, W, C) uint8.  Bounds as in a slice."""
        start, stop, _ = slice(start, stop).indices(len(self))
        return self.decode(start, max(start, stop))

    def first(self, count: int) -> Dataset:
        """The first `count` images only (all, when there are fewer)."""
        if count < 1:
            raise TilewrightError(f"a data set is limited to 1 image or more, not {count}")
        return replace(self, labels=self.labels[:count])


@dataclass(frozen=True)
class DatasetSource:
    """A data set that may or may not be on this machine.

    `parts` says in words what each part is.  `whole` is the part for a figure of a model that nothing was calibrated
    or chosen on here; a model that was calibrated on one part is reported on part `test`.
    """

    name: str
    title: str
    parts: Mapping[str, str]
    is_available: Callable[[], bool]
    read: Callable[[str], Dataset]
    whole: str = "test"
