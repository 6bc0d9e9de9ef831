"""An external meter (a USB tester, a wall meter) that writes a CSV file while the engines run.

The file has a header and a line a sample: the time, as Unix seconds or ISO 8601 (without a zone: this machine's), and
watts, or volts and amperes.  It is read where the engine runs; both clocks must agree to well under a second.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np

from ...errors import TilewrightError
from .csv_columns import Column, columns_of, is_enough
from .integration import integrate_window

_SEPARATORS = ",;\t "
_HEADER_LINES = 20  # a meter may write its name and serial number first
# Loggers stamp the samples of a packet by counting on from its arrival, and the next packet may have come sooner.
_JITTER_SECONDS = 1.0
_WAIT_SECONDS = 5.0  # for a logger that writes now and then
_WAIT_STEP = 0.2


class CsvMeter:
    """Joules between `start` and `stop` by what the file says of that time."""

    name = "csv"

    def __init__(self, path: Path, clock: Callable[[], float] = time.time, wait: float = _WAIT_SECONDS) -> None:
        """`clock` tells Unix seconds; `stop` waits up to `wait` seconds for the file to get there."""
        self._path = path
        self._clock = clock
        self._wait = wait
        self._start: float | None = None

    def start(self) -> None:
        """Remember the time."""
        self._start = self._clock()

    def stop(self) -> float:
        """Joules since `start`.  Raises TilewrightError when the file does not cover that time."""
        if self._start is None:
            raise TilewrightError("the csv meter was stopped before it was started")
        begin, self._start, end = self._start, None, self._clock()
        given_up = time.monotonic() + self._wait
        seconds, watts = read_csv(self._path)
        while seconds[-1] < end and time.monotonic() < given_up:
            time.sleep(_WAIT_STEP)
            seconds, watts = read_csv(self._path)
        if seconds[0] > begin or seconds[-1] < end:
            raise TilewrightError(
                f"{self._path}: goes from {_clock_text(seconds[0])} to {_clock_text(seconds[-1])}, the runs from "
                f"{_clock_text(begin)} to {_clock_text(end)}: let the meter write throughout, with the time of day, "
                "and set its clock"
            )
        return integrate_window(seconds, watts, begin, end)


def open_csv(path: Path) -> CsvMeter:
    """The meter that writes `path`.  Raises TilewrightError for a file that is not there or has no such columns."""
    read_csv(path)
    return CsvMeter(path)


def read_csv(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Unix seconds, rising, and watts: (n,) each, n at least 1.

    Raises TilewrightError for a file without a sample, without the columns, or whose time steps back by a second.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise TilewrightError(f"{path}: cannot be read: {error.strerror}") from None
    separator, first, columns = _header(path, lines)
    rows = [(number, line) for number, line in enumerate(lines, 1) if number > first and line.strip()]
    if rows and not path.read_bytes().endswith(b"\n"):
        rows.pop()  # half a line: the logger is at it
    samples = [_sample(path, number, cells, columns) for number, cells in _cells(rows, separator)]
    if not samples:
        raise TilewrightError(f"{path}: has no samples yet: start the meter's recording first")
    return _rising(path, samples)


def _header(path: Path, lines: list[str]) -> tuple[str, int, dict[str, Column]]:
    """The separator, the header's line number and its columns."""
    for number, line in enumerate(lines[:_HEADER_LINES], 1):
        for separator in _SEPARATORS:
            columns = columns_of(next(csv.reader([line], delimiter=separator), []))
            if is_enough(columns):
                return separator, number, columns
    raise TilewrightError(
        f"{path}: no line names a column of time and one of watts, or of volts and amperes: "
        'write a header such as "time,voltage (V),current (A)"'
    )


def _cells(rows: list[tuple[int, str]], separator: str) -> list[tuple[int, list[str]]]:
    one = separator == " "  # columns of a text file are lined up with several
    parsed = csv.reader([line.strip() for _, line in rows], delimiter=separator, skipinitialspace=one)
    return [(number, cells) for (number, _), cells in zip(rows, parsed, strict=True)]


def _sample(path: Path, number: int, cells: list[str], columns: dict[str, Column]) -> tuple[float, float]:
    def value(quantity: str) -> float:
        column = columns[quantity]
        return float(cells[column.index].strip().replace(",", ".")) * column.scale

    try:
        seconds = _seconds(cells[columns["time"].index].strip(), columns["time"].scale)
        watts = value("watts") if "watts" in columns else value("volts") * value("amperes")
    except (ValueError, IndexError):
        raise TilewrightError(f"{path}, line {number}: is no time with watts, or with volts and amperes") from None
    return seconds, watts


def _seconds(text: str, scale: float) -> float:
    """Unix seconds of a number or of an ISO 8601 time."""
    try:
        return float(text.replace(",", ".")) * scale
    except ValueError:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _rising(path: Path, samples: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    seconds, watts = (np.array(values) for values in zip(*samples, strict=True))
    back = np.flatnonzero(np.diff(seconds) < -_JITTER_SECONDS)
    if back.size or (len(seconds) > 1 and seconds[-1] <= seconds[0]):
        where = int(back[0]) + 2 if back.size else len(seconds)
        raise TilewrightError(
            f"{path}: the time of sample {where} is before that of the one before it: record into a fresh file, with "
            "the meter's clock left alone"
        )
    order = np.argsort(seconds, kind="stable")
    return seconds[order], watts[order]


def _clock_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).isoformat(sep=" ", timespec="seconds")
