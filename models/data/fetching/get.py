"""From a name to a folder in the data folder that the loaders can read, however often it was stopped on the way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ....compile.errors import TilewrightError
from ....compile.files import replacing
from ..folder import data_folder
from .download import USUAL, Patience, Progress, download, silent
from .source import Source
from .sources import get_source
from .unpack import unpack


def find_dataset(name: str, folder: Path | None = None) -> Path | None:
    """Where `name` is in the data folder (or `folder`), None when it is not there or not whole.  Nothing is read."""
    place = (folder or data_folder()) / name
    return place if place.is_dir() and not get_source(name).lacks(place) else None


def get_dataset(
    name: str,
    folder: Path | None = None,
    progress: Progress = silent,
    force: bool = False,
    patience: Patience = USUAL,
) -> Path:
    """Download `name` into the data folder (or `folder`) and give its place; what is there and whole is left alone.

    `force` gets it anew and replaces it.  Whatever stops this, the folder is there as a whole or not at all, and the
    next call goes on with what has arrived.  Raises TilewrightError, with the cure, for an unknown name, too little
    space, a folder of that name with other content, and all that can go wrong on the way.
    """
    source = get_source(name)
    root = folder or data_folder()
    place = root / name
    if not force and find_dataset(name, root):
        return place  # before anything is written: the data folder may be read-only
    with _alone(root / ".downloads", name) as downloads:
        _tidy(place)
        if not force and find_dataset(name, root):
            return place  # brought back, or made by another process in the meantime
        _check_room(source, place, downloads, force)
        for file in source.downloads:
            if not (downloads / file.path).exists():
                download(file.url, downloads / file.path, file.sha256, file.size, progress, patience)
        with replacing(place, folder=True) as beside:
            _build(source, downloads, beside, progress)
        shutil.rmtree(downloads, ignore_errors=True)
    return place


def _build(source: Source, downloads: Path, beside: Path, progress: Progress) -> None:
    beside.mkdir()
    for file in source.files:
        (beside / file.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(downloads / file.path, beside / file.path)
    for archive in source.archives:
        unpack(archive, downloads / archive.file.path, beside, progress)
    if source.convert:
        progress(f"converting {source.name}", 0, None)
        source.convert(beside)
    if lacks := source.lacks(beside):
        raise TilewrightError(f"{source.name} came out with {lacks}: a bug, or no longer the source it was")


def _check_room(source: Source, place: Path, downloads: Path, force: bool) -> None:
    """Refuse to replace a folder that nobody said may go, and to begin what will not fit."""
    if place.exists() and not force and not (place.is_dir() and not any(place.iterdir())):
        lacks = source.lacks(place)
        raise TilewrightError(f"{place} is there but has {lacks}: --force replaces it, or move it away first")
    free = shutil.disk_usage(downloads.parent).free + sum(path.stat().st_size for path in downloads.glob("*"))
    if free < source.space:
        raise TilewrightError(
            f"{source.name} needs {source.space / 1e6:,.0f} MB while it is made, {place.parent} has {free / 1e6:,.0f} "
            "MB: free some space, or set TILEWRIGHT_DATA to a folder on another disk"
        )


@contextmanager
def _alone(root: Path, name: str) -> Iterator[Path]:
    """The folder `name` in `root` for what is downloaded, for one process at a time."""
    import fcntl

    try:
        root.mkdir(parents=True, exist_ok=True)
        file = (root / f"{name}.lock").open("w")
    except OSError as error:
        raise TilewrightError(
            f"cannot write {root}: {error.strerror}; set TILEWRIGHT_DATA to a folder that can be written to"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TilewrightError(f"{name} is being downloaded by another process: wait until it is done") from None
        yield root / name


def _tidy(place: Path) -> None:
    """Clear away what a killed run left beside `place`; a folder that it had just moved aside comes back."""
    for old in place.parent.glob(f".{place.name}.*.old"):
        if not place.exists():
            old.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    for part in place.parent.glob(f".{place.name}.*.part"):
        shutil.rmtree(part, ignore_errors=True)
