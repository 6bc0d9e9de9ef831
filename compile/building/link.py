"""Link object files into a shared library: with Zig's linker from PyPI, for any target, or with a GCC for it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..errors import TilewrightError

_TRIPLES = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu", "armv7l": "arm-linux-gnueabihf"}


def linker(architecture: str) -> Callable[..., None]:
    """A function for TVM's export_library.  Raises TilewrightError for an architecture without a linker here."""
    if architecture not in _TRIPLES:
        raise TilewrightError(f"cannot link for {architecture}: known are {', '.join(_TRIPLES)}")
    start = _linker_command(_TRIPLES[architecture])

    def link(output: str, objects: list[str], options: list[str] | None = None, **_: object) -> None:
        # The C library is not linked in: TVM's runtime, which loads the file, brings it.
        command = [*start, "-nostdlib", "-shared", "-fPIC", "-s", "-o", str(output), *objects, *(options or [])]
        with tempfile.TemporaryDirectory(prefix="tilewright-zig-") as cache:
            environment = {**os.environ, "ZIG_LOCAL_CACHE_DIR": cache, "ZIG_GLOBAL_CACHE_DIR": cache}
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            first = next((line for line in done.stderr.splitlines() if line.strip()), "no message")
            raise TilewrightError(f"linking {Path(output).name} for {architecture} failed: {first}")

    return link


def _linker_command(triple: str) -> list[str]:
    """Zig, which is pinned, or where it is not installed the system's GCC for `triple`, such as Debian's cross GCC."""
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc", "-target", triple]
    gcc = shutil.which(f"{triple}-gcc")
    if gcc is None:
        raise TilewrightError(f"a linker is missing: pip install 'tilewright[compile]', or install {triple}-gcc")
    return [gcc]
