"""A session's files: in its own folder, and written so that a full disk is told."""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import TilewrightError


class Files:
    """The files of one session, by name within its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """Of the file `name`.  Raises TilewrightError for one outside of the folder."""
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise TilewrightError(f"{name!r} is outside of the session's folder")
        return path

    def save(self, name: str, offset: int, data: bytearray) -> None:
        """Write `data` at `offset` of the file (0: a new one).  Raises OSError on a full disk.

        TVM's own upload does not look whether the bytes were written.
        """
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if offset else "wb") as file:
            file.seek(offset)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def read(self, name: str, offset: int, count: int) -> bytearray:
        """Up to `count` bytes from `offset` on, of a file whose size was asked for before."""
        with self.path(name).open("rb") as file:
            file.seek(offset)
            return bytearray(file.read(count))

    def size(self, name: str) -> int:
        """In bytes."""
        return self.path(name).stat().st_size

    def remove(self, name: str) -> None:
        """Delete one file."""
        self.path(name).unlink()

    def remove_for_tvm(self, name: str) -> None:
        """Delete what TVM's runners ask for after each trial (DefaultModuleLoader in autotvm/measure).

        They name a library by its path on the host, then one that was never sent, then the folder itself.
        """
        path = self.path(Path(name).name)
        if path.is_file():
            path.unlink()
