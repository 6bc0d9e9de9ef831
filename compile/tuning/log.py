"""Logs of tuning records: one folder a target, JSON lines, only ever appended to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..errors import TilewrightError
from .record import Record

FILE = "kernels.jsonl"


def shipped_logs() -> Path:
    """The records that come with the project."""
    return Path(__file__).parents[2] / "tuning_logs"


def user_logs() -> Path:
    """The folder that TILEWRIGHT_LOGS names, else tuning_logs in the user's data folder."""
    named = os.environ.get("TILEWRIGHT_LOGS")
    if named:
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("tilewright") / "tuning_logs"


def read_records(target: str, logs: Path | None = None) -> list[Record]:
    """All records for `target`: those in `logs`, or the shipped ones and the user's.

    A line that a killed run left half-written is passed over; so is one of another target, in the wrong folder.
    """
    folders = [logs] if logs is not None else [shipped_logs(), user_logs()]
    found: list[Record] = []
    for folder in folders:
        for path in sorted((folder / target).glob("*.jsonl")):
            found += [record for record in map(_parse, path.read_text(encoding="utf-8").splitlines()) if record]
    return [record for record in found if record.target == target]


def append(records: Iterable[Record], logs: Path) -> None:
    """Add records to `logs`.  Each run writes whole lines at once, so that two runs can share a log.

    Raises TilewrightError where the folder cannot be written to.
    """
    by_target: dict[str, list[str]] = {}
    for record in records:
        by_target.setdefault(record.target, []).append(record.to_line() + "\n")
    for target, lines in by_target.items():
        path = logs / target / FILE
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                torn = (
                    os.fstat(descriptor).st_size and os.pread(descriptor, 1, os.fstat(descriptor).st_size - 1) != b"\n"
                )
                os.write(descriptor, ("\n" if torn else "").encode() + "".join(lines).encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            raise TilewrightError(f"cannot write {path}: {error.strerror}; give another folder with --logs") from None


def _parse(line: str) -> Record | None:
    try:
        return Record.from_line(line)
    except (ValueError, KeyError, TypeError):
        return None
