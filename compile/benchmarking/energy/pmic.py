"""A Raspberry Pi 5's power management chip, which measures voltage and current of twelve rails.

`vcgencmd pmic_read_adc` is Raspberry Pi's own command (raspberrypi.com/documentation, "vcgencmd"); what its lines mean
is on Raspberry Pi's forum and in github.com/jfikar/RPi5-power.  The sum of the rails is less than what goes in:
EXT5V (the 5 V input) and BATT (the clock's battery) have a voltage and no current, so what the chip itself loses, and
what USB devices and boards on the header take from 5 V, is not in it.  RPi5-power fitted a wall meter's watts as
1.1451 times the sum, and 0.5879: that is of one board and not applied here.  A Pi 4 and earlier have no such chip.
"""

from __future__ import annotations

import re
import subprocess

from ...errors import TilewrightError
from .sampled import SampledMeter

_COMMAND = ("vcgencmd", "pmic_read_adc")
_LINE = re.compile(r"^\s*(\S+)_([AV])\s+(?:current|volt)\(\d+\)=([-\d.]+)[AV]\s*$")
_INTERVAL = 0.1  # seconds; the command takes some milliseconds of one core
_TIMEOUT = 5.0


def open_pmic(command: tuple[str, ...] = _COMMAND) -> SampledMeter:
    """The meter of this board.  Raises TilewrightError where there is none."""

    def read() -> float:
        return watts_of(_run(command))

    read()
    return SampledMeter("pmic", read, _INTERVAL)


def watts_of(text: str) -> float:
    """The sum of current times voltage over the rails that have both, from what the command prints.

    Raises TilewrightError for a text without such a rail.
    """
    values: dict[str, dict[str, float]] = {"A": {}, "V": {}}
    for line in text.splitlines():
        if found := _LINE.match(line):
            rail, unit, value = found.groups()
            values[unit][rail] = float(value)
    rails = values["A"].keys() & values["V"].keys()
    if not rails:
        first = next((line.strip() for line in text.splitlines() if line.strip()), "nothing")
        raise TilewrightError(f"pmic: no rail with current and voltage in what vcgencmd says ({first})")
    return sum(values["A"][rail] * values["V"][rail] for rail in rails)


def _run(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT)
    except FileNotFoundError:
        raise TilewrightError("pmic: there is no vcgencmd here: only a Raspberry Pi 5 measures itself so") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TilewrightError(f"pmic: vcgencmd cannot be run: {error}") from None
    if done.returncode != 0:
        raise TilewrightError(f"pmic: vcgencmd failed: {(done.stderr or done.stdout).strip() or done.returncode}")
    return done.stdout
