"""What a sweep's points gave, in one SQLite table: read anew from their folders, so that each is there once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from ..files import replacing
from .steps import Plan
from .sweep import Sweep

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


def write_results(sweep: Sweep) -> Path:
    """Write `results.sqlite` in the sweep's folder.  Raises TilewrightError when it cannot be written."""
    path = sweep.out / FILE
    with replacing(path) as beside, closing(sqlite3.connect(beside)) as database, database:
        database.executescript(_SCHEMA)
        for plan in sweep.plans:
            point, error = plan.point, plan.failure()["error"] if plan.state == "failed" else None
            values = (point.name, point.model, plan.state, json.dumps(dict(point.settings)), error)
            database.execute("INSERT INTO point VALUES (?, ?, ?, ?, ?)", values)
            database.executemany(
                "INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?)",
                [
                    (point.name, verb, row.get("engine"), row.get("threads"), json.dumps(row))
                    for verb, row in rows_of(plan)
                ],
            )
    return path


def rows_of(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    """(verb, row) of what a point's steps have written so far."""
    for step in plan.steps:
        if step.rows is not None and step.done:
            found = json.loads(step.rows.read_text(encoding="utf-8"))
            for row in found if isinstance(found, list) else [found]:
                yield step.verb, row
