"""Unpacking what was downloaded as if it came from an enemy: no path out of the folder, no link, a bound on size."""

from __future__ import annotations

import errno
import gzip
import hashlib
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from ....compile.errors import TilewrightError
from .download import Progress
from .source import Archive

_BLOCK = 1 << 18
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError, ValueError)

Opener = Callable[[], IO[bytes]]


class _Refused(Exception):
    """What is wrong with an archive, in words."""


def unpack(archive: Archive, path: Path, target: Path, progress: Progress) -> None:
    """Write what `archive` picks of the file `path` below the folder `target`, and check it.

    Raises TilewrightError when the file is damaged, holds other content than it should, or could write outside
    `target`.  `path` is deleted then, so that the next try downloads it anew.
    """
    try:
        digest = content_digest(dict(_write(archive, path, target, progress)))
        if archive.digest not in (None, digest):
            raise _Refused(f"its content has the checksum {digest}, expected {archive.digest}")
    except (_Refused, OSError, *_DAMAGE) as error:
        if isinstance(error, OSError) and not isinstance(error, _DAMAGE) and error.errno != errno.EINVAL:
            raise  # the disk's fault; EINVAL is a seek to where a damaged archive pointed
        path.unlink()
        raise TilewrightError(
            f"{archive.file.url}: what came from there is not used: {error}; it was deleted, try again, "
            "and if it is the same, the source is no longer what it was"
        ) from None


def content_digest(checksums: Mapping[str, str]) -> str:
    """SHA-256 over the sorted lines "PLACE SHA256\\n" of {place in the folder: SHA-256 of the file}."""
    lines = sorted(f"{place} {checksum}\n" for place, checksum in checksums.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _write(archive: Archive, path: Path, target: Path, progress: Progress) -> Iterator[tuple[str, str]]:
    """Write the picked files; gives each one's place and SHA-256."""
    seen: set[str] = set()
    written = 0
    for name, opener in _members(path):
        place = _place(archive, name)
        if place is None:
            continue
        if place in seen:
            raise _Refused(f"{name} is in it twice")
        seen.add(place)
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        checksum = hashlib.sha256()
        with opener() as source, (target / place).open("wb") as file:
            while block := source.read(_BLOCK):
                written += len(block)
                if written > archive.limit:
                    raise _Refused(f"more than {archive.limit:,} bytes come out of it")
                checksum.update(block)
                file.write(block)
        progress(f"unpacking {archive.file.path}", written, None)
        yield place, checksum.hexdigest()


def _place(archive: Archive, name: str) -> str | None:
    inner = "/".join(PurePosixPath(name).parts[archive.strip :])
    return next((place for pick in archive.picks if (place := pick.place(inner)) is not None), None)


def _members(path: Path) -> Iterator[tuple[str, Opener]]:
    """The name of each file in a .zip or .tar.gz, wanted or not, and how to open it; refuses unsafe ones."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as zipped:
            for entry in zipped.infolist():
                _check(entry.filename, stat.S_IFMT(entry.external_attr >> 16) in (0, stat.S_IFREG, stat.S_IFDIR))
                if not entry.is_dir():
                    yield entry.filename, lambda entry=entry: zipped.open(entry)
        return
    with tarfile.open(path) as tar:
        for member in tar:
            _check(member.name, member.isfile() or member.isdir())
            if member.isfile():
                yield member.name, lambda member=member: tar.extractfile(member)  # pyright: ignore[reportReturnType]


def _check(name: str, plain: bool) -> None:
    if not plain:
        raise _Refused(f"{name!r} in it is a link or a device")
    if name.startswith("/") or "\\" in name or ".." in name.split("/"):
        raise _Refused(f"{name!r} in it leads out of the folder")
