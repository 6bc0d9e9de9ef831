"""Compile the counting plugin for this machine with Zig from PyPI: no other compiler is needed.

It is kept in the user's cache, named by a hash of its sources: built once, and again when they change.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ...errors import TilewrightError
from ...files import replacing

SOURCES = ("plugin.c", "decode.h", "issue.h", "caches.h")


def plugin(cache: Path | None = None) -> Path:
    """The plugin's shared library, in `cache` (by default a folder of the user's cache); built when it is missing.

    Raises TilewrightError when the compiler is not installed or fails.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256(b"".join((here / name).read_bytes() for name in SOURCES)).hexdigest()[:16]
    path = (cache or _user_cache()) / f"counting-{digest}.so"
    if not path.is_file():
        with replacing(path) as beside:
            _compile(here / SOURCES[0], beside)
    return path


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("tilewright") / "plugins"


def _compile(source: Path, output: Path) -> None:
    if importlib.util.find_spec("ziglang") is None:
        raise TilewrightError("the compiler is missing: pip install 'tilewright[compile]'")
    command = [sys.executable, "-m", "ziglang", "cc", "-shared", "-fPIC", "-O2", "-o", str(output), str(source)]
    with tempfile.TemporaryDirectory(prefix="tilewright-zig-") as cache:
        environment = {**os.environ, "ZIG_LOCAL_CACHE_DIR": cache, "ZIG_GLOBAL_CACHE_DIR": cache}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        first = next((line for line in done.stderr.splitlines() if "error" in line), "no message")
        raise TilewrightError(f"compiling the counting plugin failed: {first}")
