"""What a board tells of itself: processor, memory, heat, clock, versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import Any

from ... import sensors
from ...cpu import host_cpu
from ...tvm_stack import TVM_VERSION


def board_state() -> dict[str, Any]:
    """Plain values, for JSON.

    `core` names the processor whose clock is modelled, in a box whose emulator counts; None elsewhere.
    """
    cpu = host_cpu()
    free, total = sensors.memory_bytes() or (None, None)
    return {
        "cpu": cpu.model,
        "architecture": cpu.architecture,
        "features": sorted(cpu.features),
        "cores": cpu.cores,
        "temperature_celsius": sensors.temperature_celsius(),
        "clock_mhz": sensors.clock_mhz(),
        "governors": sensors.governors(),
        "throttled": sensors.was_throttled(),
        "memory_free_bytes": free,
        "memory_bytes": total,
        "system": platform.platform(),
        "python": platform.python_version(),
        "tvm": TVM_VERSION,
        "tilewright": _version("tilewright"),
        "onnxruntime": _version("onnxruntime"),
        "core": os.environ.get("BOARD_CORE"),
    }


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
