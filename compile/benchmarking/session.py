"""Several models in one go, each stored as soon as it is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..errors import TilewrightError
from ..importing.source import is_file
from ..store import Store
from .bench import BenchOptions, Profile, benchmark_model
from .engines import require_engine
from .measurement import Measurement


@dataclass(frozen=True)
class Session:
    """All rows and profiles; `notes` are sentences about what else the user should know."""

    rows: tuple[Measurement, ...]
    profiles: tuple[Profile, ...]
    notes: tuple[str, ...]


def run_session(models: Sequence[str], options: BenchOptions, progress: Callable[[str], None]) -> Session:
    """`benchmark_model` for each of `models`.

    `options.data` applies to the models that have that data set.  Raises TilewrightError when none has, and for
    whatever `benchmark_model` raises; a store that cannot be written is a note, since the rows are at hand.
    """
    for engine in options.against:
        require_engine(engine)
    suited = [_suits(model, options.data) for model in models]
    if options.data and not any(suited):
        raise TilewrightError(f"none of {', '.join(models)} is evaluated on {options.data!r}: see `tilewright models`")
    rows: list[Measurement] = []
    profiles: list[Profile] = []
    notes: list[str] = []
    for model, fits in zip(models, suited, strict=True):
        result = benchmark_model(model, options if fits else replace(options, data=None), progress)
        rows += result.rows
        profiles += result.profiles
        try:
            Store().add(result.rows)
        except TilewrightError as error:
            notes.append(f"not stored: {error}")
    return Session(tuple(rows), tuple(profiles), tuple(dict.fromkeys(notes)))


def _suits(model: str, data: str | None) -> bool:
    if is_file(model):
        return False
    from ...models import zoo

    return data in zoo.get(model).datasets
