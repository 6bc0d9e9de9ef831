"""The state of this machine that decides what a measurement is worth: processor, threads, memory, clock, throttling.

Read from /proc and /sys, so it runs on a board too; where a machine does not tell, that is what the finding says.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from . import sensors
from .cpu import host_cpu
from .errors import TilewrightError
from .targets import resolve
from .tvm_stack import available_cores

_GIB = 1 << 30


@dataclass(frozen=True)
class Finding:
    """One thing looked at.  `cure` is one sentence that says what to do; empty where nothing need be done."""

    topic: str
    status: Literal["ok", "missing", "warning"]
    text: str
    cure: str = ""


def cpu() -> Finding:
    """Its name and features, and which named target `native` is."""
    host = host_cpu()
    text = f"{host.model}, {host.architecture}: {' '.join(sorted(host.features)) or 'features unknown'}"
    try:
        return Finding("CPU", "ok", f"{text}; `native` is {resolve('native').name}")
    except TilewrightError as error:
        return Finding("CPU", "warning", f"{text}; {error}", "Name a target yourself, with --target.")


def threads() -> Finding:
    """How many threads TVM will take.  Ask before TVM is loaded, which sets TVM_NUM_THREADS."""
    cores, asked = available_cores(), os.environ.get("TVM_NUM_THREADS", "")
    if not asked or asked == str(cores):
        return Finding("threads", "ok", f"{cores} cores, all for TVM")
    if asked.isdigit() and 1 <= int(asked) <= cores:
        return Finding("threads", "ok", f"{cores} cores; TVM_NUM_THREADS={asked} leaves some idle")
    text = f"TVM_NUM_THREADS={asked} does not fit {cores} cores"
    return Finding("threads", "warning", text, f"Unset TVM_NUM_THREADS, or set it to 1 to {cores}.")


def memory() -> Finding:
    """How much is free: a compiler that has to swap is slow, and so is what runs beside it."""
    sizes = sensors.memory_bytes()
    if sizes is None:
        return Finding("memory", "ok", "not told here")
    free, total = (size / _GIB for size in sizes)
    text = f"{free:.1f} of {total:.1f} GiB free"
    if free >= 1:
        return Finding("memory", "ok", text)
    return Finding("memory", "warning", text, "Close other programs, or compile on a bigger machine and run here.")


def clock() -> Finding:
    """Whether the clock frequency stays put while measuring."""
    governors = sensors.governors()
    if governors in ((), ("performance",)):
        return Finding("clock", "ok", f"governor {governors[0]}" if governors else "governor not told here")
    cure = "Run `sudo cpupower frequency-set -g performance` before measuring."
    return Finding("clock", "warning", f"governor {', '.join(governors)}: the clock moves while measuring", cure)


def throttling() -> Finding:
    """Whether heat or a weak power supply held the clock down."""
    degrees, throttled = sensors.temperature_celsius(), sensors.was_throttled()
    hottest = "temperature not told here" if degrees is None else f"{degrees:.0f} degrees C"
    if throttled:
        cure = "Cool the board and use a stronger power supply, then restart it and measure again."
        return Finding("throttling", "warning", f"{hottest}; the clock was or is held down since the last boot", cure)
    return Finding("throttling", "ok", f"{hottest}; no throttling {'told' if throttled is None else 'seen'}")
