"""Cross-build TVM's runtime for 32-bit Arm with Zig's compiler from PyPI: no toolchain need be installed.

    python -m tilewright.compile.boards.armv7.build_runtime OUT

makes the folder OUT/tvm, TVM's Python package with its runtime library in it.  Copy it to a folder on the board and
put that folder on PYTHONPATH.  It takes some minutes; when it is interrupted, it goes on where it was.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ...errors import TilewrightError
from ...files import replacing
from .missing_header import write_missing_header
from .python_package import copy_python_package
from .sources import include_folders, runtime_sources, tvm_folder

LIBRARY = "libtvm_runtime.so"
# glibc 2.28: Raspberry Pi OS 10 (2019) and later.  Cortex-A7: the first Raspberry Pi with NEON (Pi 2), so all since.
_TARGET = ("-target", "arm-linux-gnueabihf.2.28", "-mcpu=cortex_a7")
# As TVM's CMakeLists.txt has them, but for the backtrace in C++ errors: the C library's takes the unwinder of libgcc,
# which on 32-bit Arm calls back into the unwinder that Zig links in, and that dies of the other's data.
_FLAGS = ("-std=c++17", "-O2", "-fPIC", "-fvisibility=default", "-w")
_DEFINES = (
    "-DDMLC_USE_LOGGING_LIBRARY=<tvm/runtime/logging.h>",
    "-DDMLC_USE_FOPEN64=0",
    "-DTVM_EXPORTS",
    "-DTVM_LOG_STACK_TRACE=0",
    "-DTVM_GRAPH_EXECUTOR_DEBUG",
    "-DTVM_INDEX_DEFAULT_I64=1",
)
# What Python and a Bundle call.  The C++ library and unwinder that Zig links in stay inside: the
# runtime is loaded for all to see, and other libraries have theirs.
_EXPORTED = "{ global: TVM*; local: *; };"
_NICENESS = 10  # whoever works on this machine meanwhile comes first


def build_runtime(out: Path, jobs: int = 1, progress: Callable[[str], None] = lambda stage: None) -> Path:
    """Compile what is not compiled yet, `jobs` files at a time, link, and return the library's path.

    Raises TilewrightError without TVM's sources or Zig's compiler, and with the first line that the compiler says.
    """
    if importlib.util.find_spec("ziglang") is None:
        raise TilewrightError("Zig's compiler is missing: pip install 'tilewright[compile]'")
    tvm = tvm_folder()
    sources = runtime_sources(tvm)
    objects = out / f"objects-{_fingerprint(tvm)}"
    objects.mkdir(parents=True, exist_ok=True)
    write_missing_header(out / "include")
    done = 0

    def compiled(source: Path) -> Path:
        nonlocal done
        path = _compile(source, tvm, objects)
        done += 1
        progress(f"{done} of {len(sources)}: {source.name}")
        return path

    with ThreadPoolExecutor(jobs) as pool:
        built = list(pool.map(compiled, sources))
    copy_python_package(tvm, out / "tvm")
    library = out / "tvm" / LIBRARY
    exported = out / "exported.txt"
    exported.write_text(_EXPORTED, encoding="ascii")
    options = ["-shared", "-s", f"-Wl,--version-script={exported}", "-lpthread", "-ldl", "-lm"]
    with replacing(library) as file:
        _zig([*options, "-o", str(file), *map(str, built)], out, LIBRARY)
    return library


def _fingerprint(tvm: Path) -> str:
    """Of what the object files depend on beside their sources."""
    return hashlib.sha256(repr((_TARGET, _FLAGS, _DEFINES, str(tvm))).encode()).hexdigest()[:8]


def _compile(source: Path, tvm: Path, objects: Path) -> Path:
    """The object file of `source`; one that is newer than its source is taken as it is."""
    path = objects / f"{'-'.join(source.relative_to(tvm / 'src/runtime').with_suffix('').parts)}.o"
    if path.is_file() and path.stat().st_mtime > source.stat().st_mtime:
        return path
    includes = [f"-I{folder}" for folder in (*include_folders(tvm), objects.parent / "include")]
    with replacing(path) as file:
        _zig([*_FLAGS, *_DEFINES, *includes, "-c", str(source), "-o", str(file)], objects.parent, source.name)
    return path


def _zig(arguments: list[str], out: Path, what: str) -> None:
    cache = str(out / "zig-cache")  # Zig's C++ library is compiled once, in the first call
    environment = {**os.environ, "ZIG_LOCAL_CACHE_DIR": cache, "ZIG_GLOBAL_CACHE_DIR": cache}
    command = [sys.executable, "-m", "ziglang", "c++", *_TARGET, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        first = next((line for line in lines if "error" in line), lines[0] if lines else "no message")
        raise TilewrightError(f"building {what} for armv7 failed: {first}")


def main() -> None:
    """The command: its one argument is the folder."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(f"usage: python -m {__spec__.name} OUT", file=sys.stderr)
        sys.exit(2)
    os.nice(_NICENESS)
    try:
        library = build_runtime(Path(sys.argv[1]), progress=lambda text: print(text, flush=True))
    except TilewrightError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    print(f"{library}: {library.stat().st_size / 1e6:.1f} MB; copy its folder to the board, and put the place that it")
    print("lies in on PYTHONPATH there")


if __name__ == "__main__":
    main()
