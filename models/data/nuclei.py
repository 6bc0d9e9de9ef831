"""Cell nuclei (Data Science Bowl 2018, CC0): 334 microscope pictures, 256x256 RGB, in `nuclei-dsb2018/nuclei256.npz`.

The ids are hashes, so that a cut of their sorted list is a random one, and the same everywhere.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable

import numpy as np

from ...compile.errors import TilewrightError
from .dataset import Dataset, DatasetSource
from .folder import data_file, data_folder

_FOLDER = "nuclei-dsb2018"
_FILE = f"{_FOLDER}/nuclei256.npz"
_PARTS = {"train": slice(0, 234), "calibration": slice(234, 264), "test": slice(264, 334)}


def _read(part: str) -> Dataset:
    path = data_file(_FILE, "data set nuclei")
    try:
        with np.load(path, allow_pickle=False) as file:
            order = np.argsort(file["ids"])[_PARTS[part]]
            images = file["images"][order]
            masks = np.unpackbits(file["masks"][order], axis=-1)
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise TilewrightError(f"{path} is damaged ({error}): get the file again") from None
    return Dataset("nuclei", part, "dice", len(images), _slice(images), _slice(masks))


def _slice(array: np.ndarray) -> Callable[[int, int], np.ndarray]:
    return lambda start, stop: array[start:stop]


SOURCE = DatasetSource(
    name="nuclei",
    title="cell nuclei under the microscope, 256x256, nucleus or not",
    parts={
        "train": "the first 234 by id",
        "calibration": "the next 30",
        "test": "the last 70",
    },
    is_available=lambda: (data_folder() / _FILE).exists(),
    read=_read,
    folder=_FOLDER,
)
