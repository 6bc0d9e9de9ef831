"""The columns of a meter's CSV file: which is time, which is power, whatever the meter calls them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMES = {
    "time": {"time", "timestamp", "datetime", "date", "epoch", "unixtime"},
    "watts": {"power", "watt", "watts", "w", "p"},
    "volts": {"voltage", "volt", "volts", "vbus", "v", "u"},
    "amperes": {"current", "amp", "amps", "ampere", "amperes", "a", "i"},
}
_SCALES = {"mw": 1e-3, "mv": 1e-3, "ma": 1e-3, "ms": 1e-3, "uw": 1e-6, "ua": 1e-6}


@dataclass(frozen=True)
class Column:
    """Where a quantity is, and what a value is multiplied by to be in seconds, watts, volts or amperes."""

    index: int
    scale: float


def columns_of(header: list[str]) -> dict[str, Column]:
    """The columns named like "Voltage (mV)", "current_A" or "Time[S]": the first of each quantity, by quantity."""
    found: dict[str, Column] = {}
    for index, name in enumerate(header):
        words = re.findall(r"[a-z]+", name.lower())
        quantity = next((one for one, names in _NAMES.items() if words and words[0] in names), None)
        if quantity is not None and quantity not in found:
            found[quantity] = Column(index, next((_SCALES[word] for word in words if word in _SCALES), 1.0))
    return found


def is_enough(columns: dict[str, Column]) -> bool:
    """Whether there is a time, and power or what it is the product of."""
    return "time" in columns and ("watts" in columns or {"volts", "amperes"} <= columns.keys())
