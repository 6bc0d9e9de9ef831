"""The data folder: data sets and published weights lie there, never in the repository."""

from __future__ import annotations

import os
from pathlib import Path

from ...compile.errors import TilewrightError


def data_folder() -> Path:
    """$TILEWRIGHT_DATA, or `tilewright/data` in the user's cache.  It need not exist."""
    if named := os.environ.get("TILEWRIGHT_DATA"):
        return Path(named).expanduser()
    try:
        from platformdirs import user_cache_path
    except ImportError:  # an extra that a small installation goes without
        return Path.home() / ".cache" / "tilewright" / "data"
    return user_cache_path("tilewright") / "data"


def data_file(relative: str, what: str, or_else: str = "") -> Path:
    """`relative` in the data folder.  Raises TilewrightError, naming `what` it is and the cure, when missing.

    `or_else` is added to the cure: another way to go on.
    """
    path = data_folder() / relative
    if not path.exists():
        source = relative.partition("/")[0]
        cure = f"`tilewright data get {source}`, or set TILEWRIGHT_DATA to the folder that holds {relative}{or_else}"
        raise TilewrightError(f"{what} not found at {path}: {cure}")
    return path
