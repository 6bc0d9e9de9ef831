"""Import TVM's runtime without what it wastes: 36 MB and a seventh of a second.

The Python package registers a class for each type of the compiler, too, and asks the library for its number.  The
runtime library raises a C++ error for each that it lacks, and for the first one reads the debug symbols of all that the
process has loaded, for a backtrace that nobody sees.  So it is asked only for the types that it has.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from typing import Any

# The types of libtvm_runtime.so, version 0.19.0: those for which TVMObjectTypeKey2Index returns 0.
_PROFILING = ("Count", "DeviceWrapper", "Duration", "MetricCollector", "Percent", "Ratio", "Report")
_KNOWN = {
    *("Array", "Map", "runtime.ADT", "runtime.NDArray", "runtime.ShapeTuple", "runtime.String"),
    *(f"runtime.profiling.{name}" for name in _PROFILING),
    *(f"runtime.disco.{name}" for name in ("DRef", "ProcessSession", "Session", "SocketSession", "ThreadedSession")),
}
_NO_SUCH_TYPE = -1


def import_lean_runtime() -> None:
    """Import `tvm`, which must not be imported yet, with TVM_USE_RUNTIME_LIB set.  Raises ModuleNotFoundError."""
    spec = importlib.util.find_spec("tvm")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("No module named 'tvm'", name="tvm")
    package = importlib.util.module_from_spec(spec)
    sys.modules["tvm"] = package  # so that a part of it can be imported before its own first line runs
    try:
        from tvm._ffi.base import _LIB

        library: Any = _LIB
        library.TVMObjectTypeKey2Index = _asking_for_known(library.TVMObjectTypeKey2Index)
        spec.loader.exec_module(package)
    except BaseException:
        sys.modules.pop("tvm", None)
        raise


def _asking_for_known(ask: Callable[[Any, Any], int]) -> Callable[[Any, Any], int]:
    def ask_for_known(key: Any, index: Any) -> int:
        return ask(key, index) if key.value.decode() in _KNOWN else _NO_SUCH_TYPE

    return ask_for_known
