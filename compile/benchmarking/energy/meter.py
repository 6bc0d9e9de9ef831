"""Energy meters: what one is, which this machine has, and joules per run from what it says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...errors import TilewrightError
from .csv_meter import open_csv
from .ina219 import open_ina219
from .pmic import open_pmic
from .rapl import open_rapl

CHOICES = "auto, rapl, pmic, ina219[:BUS[:ADDRESS[:OHMS]]], csv:FILE or none"
_PLAIN = ("auto", "rapl", "pmic")
# An INA219 is asked for by name: what else answers at its address would be written to.
_AUTOMATIC: tuple[Callable[[], Meter], ...] = (open_rapl, open_pmic)


class Meter(Protocol):
    """What measures the energy between two moments."""

    name: str

    def start(self) -> None:
        """The first moment.  Raises TilewrightError when the meter cannot be read."""
        ...

    def stop(self) -> float:
        """Joules from `start` to now.  Raises TilewrightError when the meter cannot tell."""
        ...


@dataclass(frozen=True)
class FoundMeter:
    """A meter, or None and why: a sentence for each that was looked for."""

    meter: Meter | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunEnergy:
    """Joules of one run above those of the idle machine; `note` says what has to be known of the figure.

    None where there is no meter; the note then says why.
    """

    joules: float | None
    note: str = ""


def require_meter_name(text: str) -> None:
    """Raises TilewrightError for a text that names no meter at all; whether it is there `find_meter` says."""
    kind, _, rest = text.partition(":")
    if text not in _PLAIN and kind != "ina219" and not (kind == "csv" and rest):
        raise TilewrightError(f"unknown energy meter {text!r}: choose {CHOICES}")


def find_meter(text: str = "auto") -> FoundMeter:
    """The meter that `text` names, or with "auto" the first that this machine has.

    Raises TilewrightError when a meter is named and is not there, or the text names none.
    """
    if text != "auto":
        return FoundMeter(_named(text))
    reasons: list[str] = []
    for look in _AUTOMATIC:
        try:
            return FoundMeter(look())
        except TilewrightError as error:
            reasons.append(str(error))
    return FoundMeter(None, (*reasons, "ina219 and csv: only when named"))


def _named(text: str) -> Meter:
    require_meter_name(text)
    kind, _, rest = text.partition(":")
    if kind == "ina219":
        return open_ina219(text)
    if kind == "csv":
        return open_csv(Path(rest))
    return open_rapl() if text == "rapl" else open_pmic()


def idle_watts(meter: Meter, seconds: float) -> float:
    """Mean power over `seconds` in which this process does nothing."""
    begin = time.monotonic()
    meter.start()
    time.sleep(seconds)
    spent = time.monotonic() - begin  # a meter may have to wait before it can tell
    return meter.stop() / spent


def joules_per_run(total_joules: float, idle_watts: float, seconds: float, runs: int) -> RunEnergy:
    """Energy of each of `runs` runs that took `seconds` in all, less what the idle machine takes in that time.

    A machine that took less than idle gives 0 and a note: the meter cannot tell such a load from none.
    Raises ValueError for no runs.
    """
    if runs < 1:
        raise ValueError("energy per run needs a run")
    above = total_joules - idle_watts * seconds
    if above < 0:
        return RunEnergy(0.0, "not above the idle power: the meter cannot tell these runs from none")
    return RunEnergy(above / runs)
