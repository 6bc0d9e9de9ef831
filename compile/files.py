"""A file's digest; and writing one, or a folder, so that a crash, a full disk or a kill never leaves half of it."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import TilewrightError


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; it is read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def replacing(path: Path, folder: bool = False) -> Iterator[Path]:
    """Give a path beside `path` to write a file (or a `folder`) to: it takes its place when all went well, or goes.

    Raises TilewrightError when it cannot be written there, the disk is full, or a folder is where a file is to be.
    """
    beside = _beside(path)
    try:
        _require_no_folder(path, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        _take_place(beside, path)
    except OSError as error:
        raise _cannot_write(path, error) from None
    finally:
        _remove(beside)  # gone already when all went well


def require_place(path: Path) -> None:
    """Raises TilewrightError where a file `path` could not be written: rather now than after hours of work for it."""
    beside = _beside(path)
    try:
        _require_no_folder(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.touch()
    except OSError as error:
        raise _cannot_write(path, error) from None
    finally:
        _remove(beside)


def _require_no_folder(path: Path, folder: bool = False) -> None:
    """What is in a folder is not to go for a file of its name."""
    if path.is_dir() and not folder:
        raise IsADirectoryError(errno.EISDIR, "a folder is there")


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _cannot_write(path: Path, error: OSError) -> TilewrightError:
    reason = error.strerror or str(error)
    return TilewrightError(f"cannot write {path}: {reason}; free some space or choose another place")


def _take_place(beside: Path, path: Path) -> None:
    if not path.is_dir():
        beside.replace(path)
        return
    # A folder cannot be renamed onto a full one: move the old one aside first, so that one of them is always whole.
    old = path.with_name(f".{path.name}.{os.getpid()}.old")
    path.rename(old)
    beside.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    with suppress(OSError):  # what went wrong before is what the user should hear of
        path.unlink()
