"""CIFAR in its authors' own files (Krizhevsky 2009), lossless: 32x32 RGB, the binary or the python version.

The python version is pickles, which may hold any code.  None of it runs here: the reader knows the few names that
NumPy arrays have in those files, puts a stand-in for each, and refuses every other name.
"""

from __future__ import annotations

import codecs
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from ...compile.errors import TilewrightError
from .dataset import Dataset, DatasetSource, labelled, split_off_calibration
from .folder import data_file, data_folder

_SIDE = 32
_PIXELS = 3 * _SIDE * _SIDE
_CALIBRATION_EVERY = 50


@dataclass(frozen=True)
class CifarFiles:
    """The files of one data set: `files` are names (with .bin behind them in the binary version), in their order.

    `labels_key` finds the classes in a pickle; in the binary version a picture follows `label_bytes` bytes, the last
    of which is its class.  `counts` are the pictures of all files together.
    """

    name: str
    classes: tuple[str, ...]
    pickles: str
    binaries: str
    labels_key: bytes
    label_bytes: int
    files: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, int] = field(default_factory=lambda: {"train": 50_000, "test": 10_000})


def cifar_source(files: CifarFiles, title: str) -> DatasetSource:
    """The data set whose files these are."""
    kinds = (files.binaries, files.pickles)
    return DatasetSource(
        name=files.name,
        title=title,
        parts={
            "train": "49,000 of the 50,000 training pictures",
            "calibration": "the other 1,000 of them, every 50th",
            "test": "all 10,000 test pictures",
        },
        is_available=lambda: any((data_folder() / files.name / kind).is_dir() for kind in kinds),
        read=partial(_read, files),
        folder=files.name,
    )


def _read(files: CifarFiles, part: str) -> Dataset:
    kept = "test" if part == "test" else "train"
    read = [_read_file(files, name, files.counts[kept] // len(files.files[kept])) for name in files.files[kept]]
    pixels, classes = (np.concatenate(arrays) for arrays in zip(*read, strict=True))
    if kept == "train":
        chosen = split_off_calibration(len(classes), _CALIBRATION_EVERY, part)
        pixels, classes = pixels[chosen], classes[chosen]
    labels = [files.classes[index] for index in classes]
    return labelled(files.name, part, labels, lambda start, stop: _pictures(pixels[start:stop]))


def _pictures(rows: np.ndarray) -> np.ndarray:
    """(N, 3072), all red, all green, all blue -> (N, 32, 32, 3)."""
    return np.ascontiguousarray(rows.reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1))


def _read_file(files: CifarFiles, name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """One file of `count` pictures -> (count, 3072) uint8 and its classes.  The binary version first: no pickle."""
    binary = (data_folder() / files.name / files.binaries).is_dir()
    inside = f"{files.binaries}/{name}.bin" if binary else f"{files.pickles}/{name}"
    path = data_file(f"{files.name}/{inside}", f"data set {files.name}")
    try:
        pixels, classes = _from_binary(path, files.label_bytes) if binary else _from_pickle(path, files.labels_key)
    except TilewrightError:
        raise
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise TilewrightError(f"{path} is damaged ({type(error).__name__}: {error}): get the file again") from None
    known = (classes >= 0) & (classes < len(files.classes))
    if pixels.shape != (count, _PIXELS) or classes.shape != (count,) or not known.all():
        what = f"{count:,} pictures of classes 0 to {len(files.classes) - 1}"
        raise TilewrightError(f"{path} does not hold {what}: get the file again")
    return pixels, classes


def _from_binary(path: Path, label_bytes: int) -> tuple[np.ndarray, np.ndarray]:
    rows = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, label_bytes + _PIXELS)
    return rows[:, label_bytes:], rows[:, label_bytes - 1]


def _from_pickle(path: Path, labels_key: bytes) -> tuple[np.ndarray, np.ndarray]:
    values = _Reader(path).load()
    _version, shape, dtype, by_columns, raw = values[b"data"].state
    if dtype.arguments[0] not in (b"u1", "u1"):
        raise ValueError("the pixels are no bytes")
    pixels = np.frombuffer(raw, np.uint8).reshape(shape, order="F" if by_columns else "C")
    return pixels, np.array(values[labels_key], np.int64)


class _StandIn:
    """Takes the place of all that a pickle calls to make an array: keeps what it is called with, and does nothing."""

    state: Any = ()

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __setstate__(self, state: Any) -> None:
        self.state = state


_KNOWN = {
    ("numpy", "dtype"): _StandIn,
    ("numpy", "ndarray"): _StandIn,
    ("numpy.core.multiarray", "_reconstruct"): _StandIn,
    ("numpy._core.multiarray", "_reconstruct"): _StandIn,
    ("_codecs", "encode"): codecs.encode,  # bytes, when Python 3 wrote the file
}


class _Reader(pickle.Unpickler):
    def __init__(self, path: Path) -> None:
        super().__init__(BytesIO(path.read_bytes()), encoding="bytes")
        self.path = path

    def find_class(self, module: str, name: str, /) -> Any:
        """Called for each name in a pickle, before anything of it is imported."""
        if (module, name) not in _KNOWN:
            asked = f"{module}.{name}"[:80]
            raise TilewrightError(f"{self.path} is refused, for it asks for {asked!r} and no array: get the file again")
        return _KNOWN[module, name]
