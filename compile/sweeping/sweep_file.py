"""What a sweep is made of, as its TOML file says it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from ..errors import TilewrightError, unknown_name
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

    @field_validator("slurm")
    @classmethod
    def _minutes(cls, slurm: dict[str, Value]) -> dict[str, Value]:
        """Slurm itself takes "04:00:00", but submitit counts with it when a job is queued again."""
        if not isinstance(slurm.get("time", 0), int):
            raise ValueError(f"time = {slurm['time']!r}: give minutes, such as 240")
        return slurm

    @property
    def tables(self) -> dict[str, dict[str, Any]]:
        """Verb -> its options, in the order they run."""
        found = {verb: getattr(self, verb.replace("-", "_")) for verb in (*PREPARING, *MEASURING)}
        return {verb: dict(table) for verb, table in found.items() if table is not None}


def read_sweep(path: Path) -> SweepFile:
    """Raises TilewrightError, with the place, for what is not such a file."""
    try:
        return SweepFile.model_validate(read_toml(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(one) for one in first["loc"]) or "the file"
        if first["type"] == "extra_forbidden":
            raise unknown_name(f"table or setting in {path}", where, _known()) from None
        raise TilewrightError(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}") from None


def _known() -> list[str]:
    return [field.alias or name for name, field in SweepFile.model_fields.items()]
