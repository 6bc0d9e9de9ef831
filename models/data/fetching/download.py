"""One file over HTTP, so that it is whole and right or not there: resumed, retried, checked, then renamed.

TILEWRIGHT_MIRROR=http://127.0.0.1:8000/ takes the place of scheme and host of every address, for those who must
serve the files themselves.  Plain http is for this machine only; a mirror on another one speaks https.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO

from ....compile.errors import TilewrightError
from .web import Cut, Unreachable, first_byte, open_url, total_bytes

# What is being done, bytes done, bytes in all (None: not known).
Progress = Callable[[str, int, int | None], None]

_BLOCK = 1 << 18


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server (seconds) and how often to go on after a cut; the pause doubles each time."""

    timeout: float = 30.0
    retries: int = 5
    pause: float = 1.0


USUAL = Patience()


def silent(_what: str, _done: int, _total: int | None) -> None:
    """Progress that nobody looks at."""


def download(
    url: str,
    target: Path,
    sha256: str | None = None,
    size: int | None = None,
    progress: Progress = silent,
    patience: Patience = USUAL,
) -> None:
    """Get `url` to `target` by way of `target`.part, which a later call goes on with; `size` is in bytes.

    Raises TilewrightError when the server cannot be reached or has no such file, when the connection is cut again and
    again, when the disk is full, and when size or checksum is wrong: then nothing of it stays.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        if size is None or not part.exists() or part.stat().st_size != size:
            _receive(url, part, progress, patience)
        _check(url, part, sha256, size)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise TilewrightError(
            f"cannot write {part}: {error.strerror or error}; free some space, or set TILEWRIGHT_DATA to another disk"
        ) from None


def _receive(url: str, part: Path, progress: Progress, patience: Patience) -> None:
    """Fill `part` until the server says that this is all, however many connections it takes (within reason)."""
    for attempt in range(patience.retries + 1):
        try:
            return _attempt(url, part, progress, patience.timeout)
        except Cut as cut:
            reason = str(cut)
            if cut.start_over:
                part.unlink(missing_ok=True)
        except Unreachable as error:
            reason = str(error)
            if attempt == 0:  # waiting would not help whoever is offline
                raise TilewrightError(
                    f"{url}: cannot be reached ({reason}); check the network, or set TILEWRIGHT_MIRROR"
                ) from None
        if attempt < patience.retries:
            time.sleep(patience.pause * 2**attempt)
    tries = patience.retries + 1
    raise TilewrightError(f"{url}: cut off {tries} times, at last by: {reason}; try again, it goes on where it stopped")


def _attempt(url: str, part: Path, progress: Progress, timeout: float) -> None:
    """One connection: append what comes to `part`.  Raises Cut when another one is worth a try."""
    have = part.stat().st_size if part.exists() else 0
    with open_url(url, have, timeout) as response:
        start = first_byte(response)
        if start not in (0, have):
            raise Cut(f"the server goes on at byte {start:,}, not {have:,}", start_over=True)
        total = total_bytes(response, start)
        with part.open("ab" if start else "wb") as file:
            have = _copy(response, file, start, lambda done: progress(part.stem, done, total))
    if total is not None and have < total:
        raise Cut(f"{have:,} of {total:,} bytes came")


def _copy(response: HTTPResponse, file: IO[bytes], have: int, tell: Callable[[int], None]) -> int:
    """Append all that comes; gives how many bytes the file has then.  A full disk is an OSError, a cut a Cut."""
    tell(have)
    while True:
        try:
            block = response.read1(_BLOCK)  # what is there: read() would lose the last of a cut answer
        except (OSError, HTTPException) as error:
            raise Cut(f"{error or type(error).__name__} after {have:,} bytes") from None
        if not block:
            return have
        file.write(block)
        have += len(block)
        tell(have)


def _check(url: str, part: Path, sha256: str | None, size: int | None) -> None:
    """Delete a file that is not the one expected, and say so."""
    checksum = hashlib.sha256()
    with part.open("rb") as file:
        while block := file.read(_BLOCK):
            checksum.update(block)
    got = part.stat().st_size
    if size not in (None, got):
        wrong = f"it has {got:,} bytes, expected {size:,}"
    elif sha256 not in (None, checksum.hexdigest()):
        wrong = f"its SHA-256 is {checksum.hexdigest()}, expected {sha256}"
    else:
        return
    part.unlink()
    raise TilewrightError(f"{url}: not the file it should be: {wrong}; it was deleted, try again or use a mirror")
