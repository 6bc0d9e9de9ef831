"""CamVid road scenes (Brostow et al. 2009; CC BY-NC 4.0) in SegNet's split: 480x360, 11 classes, in `camvid/`.

Each part has `images/` and `labels/` with the same names; a label is a grey PNG of class numbers, 11 for "ignore".
The pictures may be PNG (as published) or WebP copies.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...compile.errors import TilewrightError
from ...compile.processing import read_picture
from .dataset import IGNORE, Dataset, DatasetSource, split_off_calibration
from .folder import data_file, data_folder
from .pictures import from_folder

_FOLDER = "camvid"
_CLASSES = 11
_COUNTS = {"train": 367, "val": 101, "test": 233}
_CALIBRATION_EVERY = 12


def _read(part: str) -> Dataset:
    kept = "train" if part == "calibration" else part
    folder = data_file(f"{_FOLDER}/{kept}", "data set camvid")
    labels = sorted((folder / "labels").glob("*.png"))
    images = sorted((folder / "images").iterdir()) if (folder / "images").is_dir() else []
    if len(labels) != _COUNTS[kept] or [one.stem for one in images] != [one.stem for one in labels]:
        raise TilewrightError(f"{folder} holds {len(images)} pictures and {len(labels)} labels, not {_COUNTS[kept]}")
    if kept == "train":
        chosen = np.flatnonzero(split_off_calibration(len(labels), _CALIBRATION_EVERY, part))
        labels, images = [labels[index] for index in chosen], [images[index] for index in chosen]
    return Dataset("camvid", part, "miou", len(images), from_folder(images), _truths(labels))


def _truths(files: list[Path]) -> Callable[[int, int], np.ndarray]:
    def maps(start: int, stop: int) -> np.ndarray:
        chosen = [read_picture(file)[..., 0] for file in files[start:stop]]
        classes = np.stack(chosen) if chosen else np.zeros((0, 1, 1), np.uint8)
        return np.where(classes < _CLASSES, classes, np.uint8(IGNORE))

    return maps


SOURCE = DatasetSource(
    name="camvid",
    title="CamVid road scenes, 480x360, 11 classes",
    parts={
        "train": "336 of the 367 training pictures",
        "calibration": "the other 31",
        "val": "the 101 validation pictures, to choose on",
        "test": "the 233 test pictures",
    },
    is_available=lambda: (data_folder() / _FOLDER / "test").is_dir(),
    read=_read,
    folder=_FOLDER,
)
