"""TVM's C++ sources in the installed wheel, and which of them its runtime library needs on a board."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ...errors import TilewrightError

# As TVM's CMakeLists.txt (RUNTIME_SRCS) with USE_RPC, USE_GRAPH_EXECUTOR, USE_PROFILER, USE_RANDOM and USE_SORT, but
# for Relax, Relay's VM and Disco, which nothing here uses and which take longer to compile than all the rest.
_PATTERNS = (
    "src/runtime/*.cc",
    "src/runtime/memory/*.cc",
    "src/runtime/minrpc/*.cc",
    "src/runtime/rpc/*.cc",
    "src/runtime/graph_executor/*.cc",
    "src/runtime/graph_executor/debug/*.cc",
    "src/runtime/contrib/random/random.cc",  # tuning over RPC fills its arrays with it
    "src/runtime/contrib/sort/*.cc",
)
_INCLUDES = (
    "include",
    "3rdparty/dlpack/include",
    "3rdparty/dmlc-core/include",
    "3rdparty/compiler-rt",
    "3rdparty/picojson",
    "3rdparty/rang/include",
)


def tvm_folder() -> Path:
    """The installed package `tvm`, which is not imported.  Raises TilewrightError where it has no sources."""
    spec = importlib.util.find_spec("tvm")
    places = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    for place in places:
        if (place / "src/runtime/c_runtime_api.cc").is_file():
            return place
    raise TilewrightError(
        "TVM's C++ sources are not installed: pip install 'tilewright[compile]', whose TVM wheel holds them"
    )


def runtime_sources(tvm: Path) -> list[Path]:
    """The .cc files of the runtime, sorted."""
    return sorted(path for pattern in _PATTERNS for path in tvm.glob(pattern))


def include_folders(tvm: Path) -> list[Path]:
    """What the sources include from."""
    return [tvm / folder for folder in _INCLUDES]
