"""Several models in one go, each stored as soon as it is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from ..errors import TilewrightError
from ..evaluating.choose import DataChoice
from ..importing.source import zoo_name
from ..progress import Progress
from ..store import Store
from .bench import BenchOptions, Profile, benchmark_model
from .engines import require_engine
from .measurement import Measurement
from .place import Place
from .slower_than_fp32 import warnings_for


@dataclass(frozen=True)
class Session:
    """All rows and profiles; `notes` are sentences about what else the user should know.

    `failure` ended the session early: what was measured before it is here all the same.
    """

    rows: tuple[Measurement, ...]
    profiles: tuple[Profile, ...]
    notes: tuple[str, ...]
    failure: TilewrightError | None = None


def run_session(
    models: Sequence[str], options: BenchOptions, progress: Progress, place: Place | None = None
) -> Session:
    """`benchmark_model` for each of `models` and each batch, on the machine `place` (None: this one).

    The data set of `options.choice` applies to the models that have it.  Raises TilewrightError when none has, and
    whatever `benchmark_model` raises at first; a later error is the session's `failure`.  A store
    that cannot be written is a note, since the rows are at hand.
    """
    for engine in options.against:
        require_engine(engine)
    data = options.choice.data
    suited = [data is not None and _suits(model, data) for model in models]
    if data and not any(suited):
        raise TilewrightError(f"none of {', '.join(models)} is evaluated on {data!r}: see `tilewright models`")
    rows: list[Measurement] = []
    profiles: list[Profile] = []
    notes: list[str] = []
    failure = None
    for (model, fits), batch in product(zip(models, suited, strict=True), options.batches):
        choice = options.choice if fits else DataChoice()
        try:
            result = benchmark_model(model, replace(options, choice=choice, batches=(batch,)), progress, place)
        except TilewrightError as error:
            if not rows:
                raise
            failure = error
            break
        rows += result.rows
        notes += [f"energy {row.energy_note}" for row in result.rows if row.energy_note and row.energy_joules is None]
        profiles += result.profiles
        try:
            store = Store()
            store.add(result.rows)
            notes += warnings_for(result.rows, store.measurements(zoo_name(model) or result.rows[0].model))
        except TilewrightError as error:
            notes.append(f"not stored: {error}")
    return Session(tuple(rows), tuple(profiles), tuple(dict.fromkeys(notes)), failure)


def _suits(model: str, data: str) -> bool:
    named = zoo_name(model)
    if named is None:
        return False
    from ...models import zoo

    return data in zoo.get(named).datasets
