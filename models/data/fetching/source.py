"""Where a data set comes from, stated as data: files, archives, what of them is wanted, and their checksums."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RemoteFile:
    """One file on a server.

    `path` is its place in the data set's folder (an archive's: its name while it is worked on).  `size` is in bytes.
    An archive that a server packs anew for each request has no lasting checksum; its content has (see `Archive`).
    """

    url: str
    path: str
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Pick:
    """The files at any depth below folder `inside` of an archive whose names end in `ending`; they go below `to`."""

    inside: str
    to: str
    ending: str = ""

    def place(self, path: str) -> str | None:
        """The place in the data set's folder for the archive's `path`; None when it is not picked."""
        if not path.startswith(f"{self.inside}/") or not path.endswith(self.ending):
            return None
        return f"{self.to}/{path.removeprefix(f'{self.inside}/')}".removeprefix("/")


@dataclass(frozen=True)
class Archive:
    """A .zip or .tar.gz and what is wanted of it; the first pick that takes a file decides its place.

    `limit` is how many bytes may come out of it.  `digest` is the SHA-256 of the sorted lines "PLACE SHA256\\n" of all
    that was picked (see `unpack.content_digest`); None where the archive itself has a checksum.  `strip` is how many
    outer folders to leave out: GitHub packs everything into one, REPOSITORY-COMMIT.
    """

    file: RemoteFile
    picks: tuple[Pick, ...]
    limit: int
    digest: str | None = None
    strip: int = 1


@dataclass(frozen=True)
class Source:
    """A data set or a set of weights: what to download, and how the folder `name` in the data folder comes of it.

    `contents` counts what a whole folder has ({"test/*.jpg": 1000}).  `convert` works inside the new folder after the
    files and the picked content are there.  `space` is in bytes: what must be free while it is made.
    """

    name: str
    title: str
    licence: str
    contents: Mapping[str, int]
    space: int
    files: tuple[RemoteFile, ...] = ()
    archives: tuple[Archive, ...] = ()
    convert: Callable[[Path], None] | None = None

    @property
    def downloads(self) -> tuple[RemoteFile, ...]:
        """All that comes over the network."""
        return self.files + tuple(archive.file for archive in self.archives)

    def lacks(self, folder: Path) -> str:
        """What `folder` has too little or too much of, in words; "" when it is whole.  No file is read."""
        counts = ((pattern, len(list(folder.glob(pattern))), number) for pattern, number in self.contents.items())
        wrong = [f"{count:,} of {number:,} {pattern}" for pattern, count, number in counts if count != number]
        return ", ".join(wrong)
