"""Logs of tuning: one folder a target, JSON lines, only ever appended to."""

from __future__ import annotations

import errno
import functools
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ...schedules.layers import from_key
from ..errors import TilewrightError
from ..tvm_stack import TVM_VERSION
from .entry import Entry, from_line
from .marks import Beaten, Checked, Finished
from .record import Failure, Record

FILE = "kernels.jsonl"


@dataclass(frozen=True)
class Log:
    """What the logs of a target hold; `passed_over` are sentences about lines that are not used."""

    records: tuple[Record, ...]
    failures: tuple[Failure, ...]
    finished: tuple[Finished, ...]
    passed_over: tuple[str, ...]
    checked: tuple[Checked, ...] = ()
    beaten: tuple[Beaten, ...] = ()

    def of_cpu(self, cpu: str | None) -> Log:
        """What was measured on `cpu`; None: on any.  An old mark, which names none, is of all that know its layer."""
        if cpu is None:
            return self
        records = tuple(one for one in self.records if one.cpu == cpu)
        layers = {one.layer for one in records}
        finished = (one for one in self.finished if one.cpu == cpu or (one.cpu is None and one.layer in layers))
        return replace(self, records=records, finished=tuple(finished))

    def taken_in(self, network: str) -> list[Record]:
        """The measurements inside that network."""
        return [one for one in self.records if one.place == "network" and one.model == network]


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


def read_log(target: str, logs: Path | None = None, tvm: str = TVM_VERSION) -> Log:
    """All that is known for `target` and this version of TVM: from `logs`, or the shipped ones and the user's.

    A line that a killed run left half-written is passed over; so is one of another target, in the wrong folder, one of
    a layer that only another version of the project has, and the times of a candidate whose answer was found wrong.
    """
    entries: list[Entry] = []
    passed_over: list[str] = []
    for folder in [logs] if logs is not None else [shipped_logs(), user_logs()]:
        for path in sorted((folder / target).glob("*.jsonl")):
            found, unused = _read(path, target, tvm)
            entries += found
            passed_over += unused
    wrong = {(one.layer, one.candidate) for one in entries if isinstance(one, Failure) and one.failed == "answer"}
    return Log(
        tuple(one for one in entries if isinstance(one, Record) and (one.layer, one.candidate) not in wrong),
        tuple(one for one in entries if isinstance(one, Failure)),
        tuple(one for one in entries if isinstance(one, Finished)),
        tuple(passed_over),
        tuple(one for one in entries if isinstance(one, Checked)),
        tuple(one for one in entries if isinstance(one, Beaten)),
    )


def read_records(target: str, logs: Path | None = None) -> list[Record]:
    """The measurements of `read_log`."""
    return list(read_log(target, logs).records)


def append(entries: Iterable[Entry], logs: Path) -> None:
    """Add lines to `logs`.  Each call writes whole lines at once, so that two runs can share a log.

    Raises TilewrightError where the folder cannot be written to.
    """
    by_target: dict[str, list[str]] = {}
    for entry in entries:
        by_target.setdefault(entry.target, []).append(entry.to_line() + "\n")
    for target, lines in by_target.items():
        path = logs / target / FILE
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, "".join(lines).encode())
        except OSError as error:
            raise TilewrightError(f"cannot write {path}: {error.strerror}; give another folder with --logs") from None


def _write(path: Path, lines: bytes) -> None:
    """One write, at the end; on a line of its own where a killed run left half of one."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
        data = (b"\n" if torn else b"") + lines
        if os.write(descriptor, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(descriptor)


def _read(path: Path, target: str, tvm: str) -> tuple[list[Entry], list[str]]:
    found: list[Entry] = []
    others: Counter[str] = Counter()
    for line in path.read_bytes().split(b"\n"):
        entry = _parse(line)
        if entry is None:
            others["that are no records"] += bool(line.strip())
        elif entry.target != target:
            others[f"for target {entry.target}"] += 1
        elif entry.tvm != tvm:
            others[f"of TVM {entry.tvm}"] += 1
        elif not _is_layer(entry.layer):
            others["of layers that this version lacks"] += 1
        else:
            found.append(entry)
    return found, [f"{path}: {count} lines {what} are not used" for what, count in sorted(others.items()) if count]


def _parse(line: bytes) -> Entry | None:
    try:
        return from_line(line.decode())
    except (ValueError, KeyError, TypeError):  # half a line may end inside a character, which is a ValueError too
        return None


@functools.cache
def _is_layer(key: str) -> bool:
    try:
        from_key(key)
    except (ValueError, KeyError, TypeError):
        return False
    return True
