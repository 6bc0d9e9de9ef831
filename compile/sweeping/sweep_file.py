"""What a sweep is made of, as its TOML file says it."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ..errors import TilewrightError, unknown_name
from ..files import file_digest
from .toml import read_toml

# In the order in which a point runs them.  These hand weights, or an ONNX file, on to the next.
PREPARING = ("train", "prune", "factorize", "distill", "quantize", "quantize-aware")
MEASURING = ("eval", "bench")
Value = str | bool | int | float
Values = Value | list[Value]  # a list: of an option that may be repeated


def _with_dots(table: Any) -> Any:
    """TOML takes `prune.ratio = 0.5` for a table in a table; the setting "prune.ratio" is meant."""
    if not isinstance(table, dict):
        return table
    flat: dict[str, Any] = {}
    for name, value in table.items():
        flat |= {f"{name}.{option}": one for option, one in value.items()} if isinstance(value, dict) else {name: value}
    return flat


class SweepFile(BaseModel):
    """The file: tables of options for the verbs, and the grid whose every combination is a point.

    model, weights  what a point starts from; weights = false: the model's own
    grid            setting -> its values: "model", "weights", an option ("prune.ratio"), or a verb ("quantize"), which
                    true and false turn on and off; a list among the values is one value of an option that is repeated
    also            points beside the grid, each setting with one value
    slurm           parameters for submitit, such as partition or time (minutes)
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    title: str = ""
    model: str | None = None
    weights: str | None = None
    grid: Annotated[dict[str, list[Values]], BeforeValidator(_with_dots)] = Field(default_factory=dict)
    also: list[Annotated[dict[str, Values], BeforeValidator(_with_dots)]] = Field(default_factory=list)
    slurm: dict[str, Value] = Field(default_factory=dict)
    train: dict[str, Any] | None = None
    prune: dict[str, Any] | None = None
    factorize: dict[str, Any] | None = None
    distill: dict[str, Any] | None = None
    quantize: dict[str, Any] | None = None
    quantize_aware: dict[str, Any] | None = Field(default=None, alias="quantize-aware")
    eval: dict[str, Any] | None = None
    bench: dict[str, Any] | None = None

    @property
    def tables(self) -> dict[str, dict[str, Any]]:
        """Verb -> its options, in the order they run."""
        found = {verb: getattr(self, verb.replace("-", "_")) for verb in (*PREPARING, *MEASURING)}
        return {verb: dict(table) for verb, table in found.items() if table is not None}


@dataclass(frozen=True)
class Point:
    """One experiment: a model, the weights it starts from, and each verb's options; `settings` tell it from others.

    `digest` is that of the weights' file, None where there is none (yet): other weights are another experiment.
    """

    model: str
    weights: str | None
    tables: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, Value]
    digest: str | None = None

    @property
    def name(self) -> str:
        """The same for the same experiment, whatever else the file holds."""
        made_of = json.dumps([self.model, self.weights, self.tables, self.digest], sort_keys=True)
        return hashlib.sha256(made_of.encode()).hexdigest()[:12]


def read_sweep(path: Path) -> SweepFile:
    """Raises TilewrightError, with the place, for what is not such a file."""
    try:
        return SweepFile.model_validate(read_toml(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(one) for one in first["loc"]) or "the file"
        if first["type"] == "extra_forbidden":
            raise unknown_name(f"table or setting in {path}", where, _known()) from None
        raise TilewrightError(f"{path}: {where}: {first['msg']}") from None


def _known() -> list[str]:
    return [field.alias or name for name, field in SweepFile.model_fields.items()]


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
    start: dict[str, Any] = {"model": file.model, "weights": file.weights}
    tables, off = file.tables, set()
    for name, value in settings.items():
        verb, _, option = name.partition(".")
        if name in start:
            start[name] = None if value is False else value
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
    if start["model"] is None:
        raise TilewrightError(f'{path}: says no model: write model = "lenet5", or put it in [grid]')
    kept = {verb: table for verb, table in tables.items() if verb not in off}
    told = {name: value for name, value in settings.items() if name in off or name.partition(".")[0] not in off}
    plain = {name: " ".join(map(str, value)) if isinstance(value, list) else value for name, value in told.items()}
    return Point(start["model"], start["weights"], kept, plain, _digest(start["weights"]))


def _digest(weights: str | None) -> str | None:
    if weights is None or not Path(weights).is_file():
        return None
    return file_digest(Path(weights))
