"""Intel's and AMD's own energy counters (RAPL), of the whole processor package, through Linux's powercap.

Sources: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3, "Platform Specific Power Management
Support" (RAPL); Linux Documentation/power/powercap/powercap.rst.  On AMD the same files are there since Linux 5.8.
The counter has the cores, caches and the memory controller in it, not the memory, the disk or the power supply.
"""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import TilewrightError

POWERCAP = Path("/sys/class/powercap")


class RaplMeter:
    """Joules from the counters of all packages."""

    name = "rapl"

    def __init__(self, packages: list[Path]) -> None:
        self._packages = packages
        self._ranges = [_microjoules(package / "max_energy_range_uj") for package in packages]
        self._start: list[int] | None = None

    def start(self) -> None:
        """Read the counters."""
        self._start = self._read()

    def stop(self) -> float:
        """Joules since `start`.

        A counter that has begun again at 0 is known by its being smaller.  That comes after 65 kJ or more, minutes at
        full power; a window in which it happens twice is not told apart.
        """
        if self._start is None:
            raise TilewrightError("the rapl meter was stopped before it was started")
        begin, self._start = self._start, None
        pairs = zip(begin, self._read(), self._ranges, strict=True)
        return sum(end - start if end >= start else end - start + most for start, end, most in pairs) / 1e6

    def _read(self) -> list[int]:
        return [_microjoules(package / "energy_uj") for package in self._packages]


def open_rapl(powercap: Path = POWERCAP) -> RaplMeter:
    """The meter of this machine.  Raises TilewrightError where there is none, or it is for root only."""
    # intel-rapl:0 is a package or the whole platform ("psys"), intel-rapl:0:0 a part of it; its name says which.
    zones = sorted(zone for zone in powercap.glob("intel-rapl:*") if re.fullmatch(r"intel-rapl:\d+", zone.name))
    packages = [zone for zone in zones if (zone / "name").read_text(encoding="ascii").startswith("package")]
    if not packages:
        raise TilewrightError(f"rapl: this machine has no energy counters in {powercap} (a virtual machine has none)")
    meter = RaplMeter(packages)
    meter.start()  # to find out now whether the counters can be read
    return meter


def _microjoules(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except PermissionError:
        # Linux made it root's because power tells secrets (CVE-2020-8694).
        raise TilewrightError(f"rapl: {path} is for root only: run `sudo chmod a+r {path}` first") from None
    except (OSError, ValueError) as error:
        raise TilewrightError(f"rapl: cannot read {path}: {error}") from None
