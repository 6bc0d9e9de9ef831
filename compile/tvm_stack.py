"""The only door to TVM: imports it with the right environment, checks its version, and has its known quirks mended."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import os
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from .errors import TilewrightError
from .lean_runtime import import_lean_runtime
from .tvm_mends import mend_compiler

TVM_VERSION = "0.19.0"
Result = TypeVar("Result")
# For every PassContext that builds.  TVM makes variables of common subexpressions, which is LLVM's job anyway, and
# LLVM 22 refuses TVM's debug records of floating-point ones (Resize).
BUILD_CONFIG = {"tir.disable_cse_tir": True}
_SPINS = 10_000  # a few milliseconds: longer than one kernel on one thread takes between two on several
_INSTALL = "pip install --no-deps xtc-tvm-python-bindings==0.19.0.12 (to run), or pip install 'tilewright[compile]'"


def runtime() -> Any:
    """The `tvm` module with at least the runtime in it.

    Where libLLVM is not installed (a board), TVM's runtime library is loaded instead of its compiler.
    TVM_NUM_THREADS defaults to the cores this process may use: left alone, TVM counts two virtual cores as one.
    Raises TilewrightError when TVM is missing or is another version.
    """
    os.environ.setdefault("TOPHUB_LOCATION", "NONE")  # never download schedules behind the user's back
    if "tvm" not in sys.modules:
        os.environ.setdefault("TVM_NUM_THREADS", str(available_cores()))
        if importlib.util.find_spec("llvm") is None:
            os.environ["TVM_USE_RUNTIME_LIB"] = "1"
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # it announces the runtime library on every start
            if "tvm" not in sys.modules and os.environ.get("TVM_USE_RUNTIME_LIB"):
                import_lean_runtime()
            with _without("xgboost"):
                import tvm
    except ModuleNotFoundError as error:
        raise TilewrightError(f"TVM is not installed ({error.name} is missing): {_INSTALL}") from None
    # PyTorch's CUDA wheels bring Triton, whose LLVM aborts the process when it finds TVM's there already (not the other
    # way round): torch takes its own way where there is none.
    sys.modules.setdefault("triton", None)  # type: ignore[arg-type]
    if not hasattr(tvm, "__version__") or tvm.__version__ != TVM_VERSION:
        found = getattr(tvm, "__version__", "an unknown version")
        raise TilewrightError(
            f"TVM {TVM_VERSION} is needed, found {found} (PyPI's apache-tvm has no Relay): {_INSTALL}"
        )
    return tvm


def compiler() -> Any:
    """The `tvm` module with Relay and LLVM in it.

    Raises TilewrightError where only the runtime is installed or was loaded before.
    """
    tvm = runtime()
    from tvm._ffi.base import _RUNTIME_ONLY

    if _RUNTIME_ONLY:
        raise TilewrightError(
            "only TVM's runtime is loaded, and this needs the compiler: pip install 'tilewright[compile]', "
            "and unset TVM_USE_RUNTIME_LIB"
        )
    from tvm.autotvm.env import GLOBAL_SCOPE

    GLOBAL_SCOPE.silent = True  # what is tuned is told as a share of the time, not by warnings
    mend_compiler()
    return tvm


def debug_executor(graph_json: str, library: Any) -> Any:
    """TVM's executor that can time single calls of a network, on this CPU."""
    cpu = runtime().cpu()
    from tvm.contrib.debugger import debug_executor as debugger

    executor = debugger.create(graph_json, library, cpu)
    executor.exit()  # removes the folder that it makes for dumps, which nothing here asks for: one for each build
    return executor


@contextlib.contextmanager
def _without(package: str) -> Iterator[None]:
    """TVM imports xgboost where there is one, and that scikit-learn: 3 s, which only a tuner need spend."""
    hidden = package not in sys.modules
    if hidden:
        sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules[package]


def xgboost_cost_model() -> Any:
    """AutoTVM's XGBoostCostModel, imported anew, with xgboost: ModuleNotFoundError where that is not installed."""
    compiler()
    import xgboost  # noqa: F401
    from tvm.autotvm.tuner import xgboost_cost_model as module

    return importlib.reload(module).XGBoostCostModel


def metaschedule() -> Any:
    """The `tvm.meta_schedule` module, whose searches start without TVM's tensor intrinsics for GPUs.

    TuneContext imports all of these, which parses 228 functions: many seconds, and no CPU uses one.
    """
    compiler()
    sys.modules.setdefault("tvm.tir.tensor_intrin", types.ModuleType("tvm.tir.tensor_intrin"))
    from tvm import meta_schedule

    return meta_schedule


def runtime_only_environment(threads: int) -> dict[str, str]:
    """The environment of a child process that runs Bundles and never compiles: starts faster, uses less memory.

    With PYTHONSAFEPATH a file called onnx.py in the current folder is not taken for the package (Python 3.11 on).
    """
    ours = {"TVM_USE_RUNTIME_LIB": "1", "TVM_NUM_THREADS": str(threads), "TOPHUB_LOCATION": "NONE"}
    return {**os.environ, **ours, "PYTHONSAFEPATH": "1"}


def available_cores() -> int:
    """How many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_threads(threads: int) -> None:
    """Let TVM's thread pool use `threads` threads, at most TVM_NUM_THREADS as it stood when TVM was imported."""
    pool_for_big_cores = 1
    runtime().get_global_func("runtime.config_threadpool")(pool_for_big_cores, threads)


def in_pool_of(threads: int, function: Callable[[], Result]) -> Result:
    """What `function` returns, called where TVM's thread pool has `threads` threads and keeps them.

    TVM's profiler resets the pool of the thread it runs in, and with it what `set_threads` said, to the size that the
    environment gave it when it was made (src/runtime/profiling.cc, thread_pool.cc); so a new thread makes a new one.
    """
    from concurrent.futures import ThreadPoolExecutor  # 8 ms, which loading a Bundle need not spend

    # A pool that is let go waits for its threads to stop looking for work, by default 100 ms after the last of it.
    ours = {"TVM_NUM_THREADS": str(threads), "TVM_THREAD_POOL_SPIN_COUNT": str(_SPINS)}
    with _environment(ours), ThreadPoolExecutor(1) as fresh:
        return fresh.submit(function).result()


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
