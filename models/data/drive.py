"""DRIVE (Staal et al. 2004; research use): the 20 test photographs of the retina, 584x565 RGB, vessels drawn by hand.

In `retina-unet-drive/`: `NN_test.webp` (or `.tif`, as published), `NN_manual1.gif` with the vessels in white, and
`NN_test_mask.gif` with the field of view in white, outside of which nothing counts.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...compile.errors import TilewrightError
from ...compile.processing import read_picture
from .dataset import IGNORE, Dataset, DatasetSource
from .folder import data_file, data_folder
from .pictures import from_folder

_FOLDER = "retina-unet-drive"
_SHAPE = (584, 565)
_PARTS = {"all": range(1, 21), "calibration": range(11, 21), "test": range(1, 11), "pair": (1, 6)}


def _file(name: str) -> Path:
    return data_file(f"{_FOLDER}/{name}", "data set drive")


def _picture(number: int) -> Path:
    published = data_folder() / _FOLDER / f"{number:02}_test.tif"
    return published if published.exists() else _file(f"{number:02}_test.webp")


def _white(path: Path) -> np.ndarray:
    """Where a drawing is white -> (584, 565) bool."""
    pixels = read_picture(path)
    if pixels.shape[:2] != _SHAPE:
        height, width = pixels.shape[:2]
        raise TilewrightError(f"{path} is {height}x{width}, not {_SHAPE[0]}x{_SHAPE[1]}: get the file again")
    return pixels.max(axis=-1) > 127


def _read(part: str) -> Dataset:
    pictures = [_picture(number) for number in _PARTS[part]]
    drawings = [(_file(f"{number:02}_manual1.gif"), _file(f"{number:02}_test_mask.gif")) for number in _PARTS[part]]

    def maps(start: int, stop: int) -> np.ndarray:
        found = [np.where(_white(view), _white(vessels), np.uint8(IGNORE)) for vessels, view in drawings[start:stop]]
        return np.stack(found) if found else np.zeros((0, *_SHAPE), np.uint8)

    return Dataset("drive", part, "roc_auc", len(pictures), from_folder(pictures), maps)


SOURCE = DatasetSource(
    name="drive",
    title="DRIVE photographs of the retina, 584x565, blood vessel or not",
    parts={
        "all": "all 20, for a model that nothing was calibrated for",
        "calibration": "11 to 20, to calibrate and to choose on",
        "test": "1 to 10, to report on after that",
        "pair": "1 and 6 (both in test), for the figure that is known of them",
    },
    is_available=lambda: (data_folder() / _FOLDER / "01_manual1.gif").exists(),
    read=_read,
    whole="all",
    folder=_FOLDER,
)
