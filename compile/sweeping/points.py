"""The points of a sweep: every combination of its file's grid, and what stands beside."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import TilewrightError, unknown_name
from ..files import file_digest
from .sweep_file import MEASURING, PREPARING, SweepFile, Value, Values


@dataclass(frozen=True)
class Point:
    """One experiment: a model, the weights it starts from, and each verb's options; `settings` tell it from others.

    `digest` is that of the weights' file, None where there is none (yet): other weights are another experiment, and so
    are other contents of a file that a table or the model names: `others`, by its path.
    """

    model: str
    weights: str | None
    tables: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, Value]
    digest: str | None = None
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The same for the same experiment, whatever else the file holds."""
        return self.name_up_to(None)

    def name_up_to(self, last: str | None) -> str:
        """The name of what the verbs up to `last` make (None: all of them), which other points may begin with too."""
        verbs = list(self.tables)
        tables = {verb: self.tables[verb] for verb in (verbs if last is None else verbs[: verbs.index(last) + 1])}
        named = _strings(self.model, tables)
        others = {path: digest for path, digest in self.others.items() if path in named}
        made_of = [self.model, self.weights, tables, self.digest, *([others] if others else [])]
        return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:12]


def points_of(file: SweepFile, path: Path) -> list[Point]:
    """The grid's combinations and the points beside it, each once.  Raises TilewrightError for an unknown setting."""
    if not file.tables:
        raise TilewrightError(f"{path}: has no verb's table, such as [prune] or [bench]: there is nothing to run")
    points = {point.name: point for settings in _settings(file) for point in [_point(file, settings, path)]}
    return list(points.values())


def _settings(file: SweepFile) -> Iterator[dict[str, Values]]:
    for values in itertools.product(*file.grid.values()):
        yield dict(zip(file.grid, values, strict=True))
    yield from file.also


def _point(file: SweepFile, settings: dict[str, Values], path: Path) -> Point:
    start, tables, off = _set(file, settings, path)
    model, weights = start["model"], start["weights"]
    if model is None:
        raise TilewrightError(f'{path}: says no model: write model = "lenet5", or put it in [grid]')
    kept = {verb: table for verb, table in tables.items() if verb not in off}
    told = {name: value for name, value in settings.items() if name in off or name.partition(".")[0] not in off}
    plain = {name: " ".join(map(str, value)) if isinstance(value, list) else value for name, value in told.items()}
    others = {one: digest for one in sorted(_strings(model, kept)) if (digest := _digest(one)) is not None}
    return Point(model, weights, kept, plain, None if weights is None else _digest(weights), others)


def _set(
    file: SweepFile, settings: dict[str, Values], path: Path
) -> tuple[dict[str, str | None], dict[str, dict[str, Any]], set[str]]:
    """The file's model and weights, its tables, and the verbs that are off, each as `settings` say."""
    start, tables, off = {"model": file.model, "weights": file.weights}, file.tables, set()
    for name, value in settings.items():
        verb, _, option = name.partition(".")
        if name in start:
            if value is not False and not isinstance(value, str):
                raise TilewrightError(f"{path}: {name} = {json.dumps(value)}: give a name, or false for none")
            start[name] = value or None
        elif verb in (*PREPARING, *MEASURING) and verb not in tables:
            raise TilewrightError(f"{path}: {name}: there is no table [{verb}]: write one, empty if it has no options")
        elif verb not in tables:
            raise unknown_name(f"setting in {path}", name, [*start, *tables])
        elif option:
            tables[verb][option] = value
        elif not isinstance(value, bool):
            raise TilewrightError(f"{path}: {name} names a verb: its values are true and false")
        elif not value:
            off.add(verb)
    return start, tables, off


def _strings(model: str, tables: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """All that may be the name of a file."""
    values = [model, *(value for table in tables.values() for value in table.values())]
    return {one for value in values for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)}


def _digest(name: str) -> str | None:
    return file_digest(Path(name)) if Path(name).is_file() else None
