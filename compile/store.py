"""Every measurement ever taken on this machine, in one SQLite file that reports read."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import TilewrightError

if TYPE_CHECKING:
    from .benchmarking.measurement import Measurement

_SCHEMA = """
CREATE TABLE IF NOT EXISTS measurement (
    id INTEGER PRIMARY KEY,
    taken_at TEXT NOT NULL,      -- UTC, ISO 8601
    model TEXT NOT NULL,
    engine TEXT NOT NULL,
    target TEXT NOT NULL,
    precision TEXT NOT NULL,
    threads INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    median_ms REAL NOT NULL,
    row TEXT NOT NULL            -- the whole Measurement as JSON
);
CREATE INDEX IF NOT EXISTS measurement_model ON measurement (model, target, engine);
CREATE TABLE IF NOT EXISTS peaks (
    cpu TEXT NOT NULL,
    target TEXT NOT NULL,
    threads INTEGER NOT NULL,
    taken_at TEXT NOT NULL,
    row TEXT NOT NULL,
    PRIMARY KEY (cpu, target, threads)
);
"""


def store_path() -> Path:
    """The file that TILEWRIGHT_STORE names, else measurements.sqlite in the user's data folder."""
    named = os.environ.get("TILEWRIGHT_STORE")
    if named:
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("tilewright") / "measurements.sqlite"


class Store:
    """The open store.  Several processes may use one file at once: SQLite locks it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or store_path()

    def add(self, rows: Sequence[Measurement]) -> None:
        """Append measurements, all or none.  Raises TilewrightError when the file cannot be written."""
        with self._open() as database:
            database.executemany(
                "INSERT INTO measurement (taken_at, model, engine, target, precision, threads, batch, median_ms, row)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (_now(), m.model, m.engine, m.target, m.precision, m.threads, m.batch, m.latency_ms.median, row)
                    for m in rows
                    for row in [json.dumps(m.to_json())]
                ],
            )

    def measurements(self, model: str | None = None) -> list[dict[str, Any]]:
        """All rows as they were measured, the oldest first, each with `taken_at`; of one model when it is named."""
        query = "SELECT taken_at, row FROM measurement WHERE ?1 IS NULL OR model = ?1 ORDER BY id"
        with self._open() as database:
            return [{"taken_at": when, **json.loads(row)} for when, row in database.execute(query, (model,))]

    def put_peaks(self, cpu: str, target: str, threads: int, row: dict[str, Any]) -> None:
        """Keep the newest measured peaks of a CPU."""
        with self._open() as database:
            values = (cpu, target, threads, _now(), json.dumps(row))
            database.execute("INSERT OR REPLACE INTO peaks VALUES (?, ?, ?, ?, ?)", values)

    def get_peaks(self, cpu: str, target: str, threads: int) -> dict[str, Any] | None:
        """What `put_peaks` kept, or None."""
        query = "SELECT row FROM peaks WHERE cpu = ? AND target = ? AND threads = ?"
        with self._open() as database:
            found = database.execute(query, (cpu, target, threads)).fetchone()
        return json.loads(found[0]) if found else None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self.path, timeout=30)
            database.executescript(_SCHEMA)
            with database:  # commits, or rolls back
                yield database
        except (sqlite3.Error, OSError) as error:
            raise TilewrightError(
                f"the measurement store {self.path} cannot be used ({error}): set TILEWRIGHT_STORE to another file"
            ) from None
        finally:
            if database is not None:
                database.close()


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
