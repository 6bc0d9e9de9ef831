"""Pictures of a data set that lie in a zip file or a folder, decoded when they are asked for."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np

from ...compile.errors import TilewrightError
from ...compile.processing import read_picture

Decode = Callable[[int, int], np.ndarray]


def from_folder(files: Sequence[Path]) -> Decode:
    """A `Dataset.decode` over picture files that all have one size."""
    return lambda start, stop: _stack([read_picture(file) for file in files[start:stop]])


def from_zip(path: Path, names: Sequence[str]) -> Decode:
    """A `Dataset.decode` over members of a zip file that all have one size.  Raises TilewrightError when damaged."""

    def decode(start: int, stop: int) -> np.ndarray:
        return _stack([read_picture(BytesIO(_content(path, name)), f"{path}:{name}") for name in names[start:stop]])

    return decode


def _content(path: Path, name: str) -> bytes:
    try:
        return _open(path).read(name)
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise TilewrightError(f"{path} is damaged ({error}): get the file again") from None


def members(path: Path, suffix: str) -> list[str]:
    """The names in a zip file that end in `suffix`, sorted.  Raises TilewrightError when it is no zip file."""
    return sorted(name for name in _open(path).namelist() if name.endswith(suffix))


@cache
def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise TilewrightError(f"{path} is damaged ({error}): get the file again") from None


def _stack(pictures: list[np.ndarray]) -> np.ndarray:
    if len({picture.shape for picture in pictures}) > 1:
        raise TilewrightError("the pictures of this data set differ in size: get its files again")
    return np.stack(pictures) if pictures else np.zeros((0, 1, 1, 3), np.uint8)
