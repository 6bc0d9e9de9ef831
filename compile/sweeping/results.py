"""What a sweep's points gave, in one SQLite table: read anew from their folders, so that each is there once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import TilewrightError
from ..files import replacing
from .steps import Plan

FILE = "results.sqlite"
_SCHEMA = """
CREATE TABLE point (
    name TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    state TEXT NOT NULL,         -- done, failed or open
    settings TEXT NOT NULL,      -- JSON: what tells it from the others
    error TEXT                   -- of a failed one
);
CREATE TABLE result (
    point TEXT NOT NULL REFERENCES point (name),
    verb TEXT NOT NULL,          -- that measured it
    engine TEXT,
    threads INTEGER,
    row TEXT NOT NULL,           -- JSON: a Measurement for eval and bench
    PRIMARY KEY (point, verb, engine, threads, row)
);
"""


@dataclass(frozen=True)
class Result:
    """One point: what tells it from the others, how far it is, and `rows`, pairs of a verb and what it wrote."""

    name: str
    model: str
    state: str
    settings: Mapping[str, Any]
    error: str | None
    rows: Sequence[tuple[str, dict[str, Any]]]


def result_of(plan: Plan) -> Result:
    """What the steps of a point have written so far."""
    error = plan.failure()["error"] if plan.state == "failed" else None
    return Result(
        plan.point.name, plan.point.model, plan.state, dict(plan.point.settings), error, tuple(_rows_of(plan))
    )


def _rows_of(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    for step in plan.steps:
        if step.rows is not None and step.done:
            found = json.loads(step.rows.read_text(encoding="utf-8"))
            for row in found if isinstance(found, list) else [found]:
                yield step.verb, row


def write_results(results: Iterable[Result], path: Path) -> None:
    """Write the table.  Raises TilewrightError when it cannot be written."""
    try:
        with replacing(path) as beside, closing(sqlite3.connect(beside)) as database, database:
            database.executescript(_SCHEMA)
            for one in results:
                _put(one, database)
    except sqlite3.Error as error:
        raise TilewrightError(f"cannot write {path}: {error}; free some space or choose another place") from None


def _put(one: Result, database: sqlite3.Connection) -> None:
    values = (one.name, one.model, one.state, json.dumps(one.settings), one.error)
    database.execute("INSERT INTO point VALUES (?, ?, ?, ?, ?)", values)
    database.executemany(
        "INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?)",
        [(one.name, verb, row.get("engine"), row.get("threads"), json.dumps(row)) for verb, row in one.rows],
    )


def read_results(path: Path) -> list[Result]:
    """What `write_results` wrote.  Raises TilewrightError for a file that is missing or is none of a sweep."""
    if not path.is_file():
        raise TilewrightError(f"{path}: no such file; `tilewright sweep` writes {FILE} in its folder")
    try:
        with closing(sqlite3.connect(path)) as database:
            points = database.execute("SELECT name, model, state, settings, error FROM point ORDER BY rowid").fetchall()
            rows = database.execute("SELECT point, verb, row FROM result ORDER BY rowid").fetchall()
    except sqlite3.Error as error:
        raise TilewrightError(f"{path}: not a sweep's results ({error})") from None
    of_point: dict[str, list[tuple[str, dict[str, Any]]]] = {name: [] for name, *_ in points}
    for name, verb, row in rows:
        of_point[name].append((verb, json.loads(row)))
    return [
        Result(name, model, state, json.loads(settings), error, of_point[name])
        for name, model, state, settings, error in points
    ]
