"""What this machine's sensors tell of heat and clock, read from /proc and /sys; None where it does not tell."""

from __future__ import annotations

import re
from pathlib import Path

_SYS = Path("/sys")
_MEMINFO = Path("/proc/meminfo")
_CPUINFO = Path("/proc/cpuinfo")


def temperature_celsius() -> float | None:
    """Of the hottest thermal zone."""
    texts = [text(path).strip() for path in _SYS.glob("class/thermal/thermal_zone*/temp")]
    degrees = [int(value) / 1000 for value in texts if value.lstrip("-").isdigit()]
    return max(degrees, default=None)


def clock_mhz() -> float | None:
    """The present clock of the fastest core."""
    texts = [text(path).strip() for path in _SYS.glob("devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq")]
    kilohertz = [int(value) for value in texts if value.isdigit()]
    if kilohertz:
        return max(kilohertz) / 1000
    return max((float(value) for value in re.findall(r"^cpu MHz\s*:\s*([\d.]+)", text(_CPUINFO), re.M)), default=None)


def governors() -> tuple[str, ...]:
    """What decides the clock of the cores."""
    paths = _SYS.glob("devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")
    return tuple(sorted({text(path).strip() for path in paths}))


def was_throttled() -> bool | None:
    """Whether heat or a weak power supply held the clock down since the last boot.

    A Raspberry Pi's firmware gives a bit field (bits 0-3: now, 16-19: since boot), Intel's driver a count.
    """
    flags = text(_SYS / "devices/platform/soc/soc:firmware/get_throttled").strip()
    counts = [text(path) for path in _SYS.glob("devices/system/cpu/cpu*/thermal_throttle/core_throttle_count")]
    if not flags and not counts:
        return None
    return bool(flags and int(flags, 16)) or any(int(count or 0) for count in counts)


def memory_bytes() -> tuple[int, int] | None:
    """(free, total)."""
    sizes = dict(re.findall(r"^(MemTotal|MemAvailable):\s+(\d+) kB", text(_MEMINFO), re.MULTILINE))
    if len(sizes) < 2:
        return None
    return int(sizes["MemAvailable"]) * 1024, int(sizes["MemTotal"]) * 1024


def text(path: Path) -> str:
    """A file's text; empty where it is not on this kind of machine, or not for this user."""
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
