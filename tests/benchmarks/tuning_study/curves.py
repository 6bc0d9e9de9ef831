"""What each tuner of a study had found after each trial, from its log and from how many lines that had when."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tilewright.compile.importing import import_model
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.entry import from_line
from tilewright.compile.tuning.log import FILE
from tilewright.compile.tuning.progressing import Progressing
from tilewright.compile.tuning.record import Record, name_of
from tilewright.compile.tuning.tasks import Task, tasks_of
from tilewright.compile.tuning.watch import Watch
from tilewright.schedules.layers import Layer, to_key


@dataclass(frozen=True)
class Curve:
    """Milliseconds that the layers add up to after each trial, and the minutes that had passed."""

    tuner: str
    minutes: list[float]
    milliseconds: list[float]


@dataclass(frozen=True)
class Study:
    """One network on one target; `default` is what it takes with our kernels' defaults, in milliseconds.

    `defaults` are those of its layers, by key, in microseconds: a tuner that is added later may not measure them.
    """

    model: str
    target: str
    default: float
    defaults: dict[str, float]
    curves: list[Curve]


def read_study(place: Path, most: int, known: Mapping[str, float]) -> Study:
    """The study in FOLDER/TARGET/MODEL, of each tuner the first `most` trials.

    `known` are defaults of an earlier one, whose layers are those that are added up.
    """
    target_name, model = place.parent.name, place.name
    logs = {log.parent.parent.name: records(log) for log in sorted(place.glob(f"*/{target_name}/{FILE}"))}
    wanted = set(known) or {one.layer for log in logs.values() for one in log}
    tasks = [task for task in tasks_in(model, target_name, place) if to_key(task.layer) in wanted]
    found = {to_key(task.layer): task.layer for task in tasks}
    defaults = {found[key]: taken for key, taken in known.items() if key in found}
    defaults |= _defaults([one for log in logs.values() for one in log], tasks)
    logs = {tuner: [one for one in log if one.layer in found] for tuner, log in logs.items()}
    timed = {tuner: list(zip(_minutes(place / tuner, len(log)), log, strict=True)) for tuner, log in logs.items()}
    own = {tuner: _own(tuner, log, tasks)[:most] for tuner, log in timed.items()}
    default = _watch_of(tasks, defaults).predicted_ms(model) or float("nan")
    curves = [
        Curve(
            tuner,
            [minute for minute, _ in log],
            list(_milliseconds([one for _, one in log], model, tasks, defaults)),
        )
        for tuner, log in own.items()
        if log
    ]
    return Study(model, target_name, default, {to_key(layer): taken for layer, taken in defaults.items()}, curves)


def tasks_in(model: str, target_name: str, logs: Path) -> list[Task]:
    """The layers of a network."""
    target = resolve(target_name)
    return tasks_of([import_model(model, check=False, weights="random")], target, require_choice(target, logs))


def records(log: Path) -> list[Record]:
    """The measurements of kernels alone, in the order that they came."""
    lines = map(from_line, log.read_text().splitlines())
    return [one for one in lines if isinstance(one, Record) and one.place == "alone"]


def lines_by_second(place: Path) -> list[tuple[float, int]]:
    """(seconds since the start, lines of the log) of a tuner."""
    path = place / "curve.jsonl"
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def _milliseconds(
    log: Sequence[Record], model: str, tasks: list[Task], defaults: dict[Layer, float]
) -> Iterator[float]:
    watch = _watch_of(tasks, defaults)
    by_key = {to_key(one.task.layer): one for one in watch.tasks}
    met = set()
    for record in log:
        task = by_key[record.layer]
        task.best = min(record.microseconds, task.best) if record.layer in met and task.best else record.microseconds
        met.add(record.layer)
        yield watch.predicted_ms(model) or float("nan")


def _watch_of(tasks: list[Task], defaults: dict[Layer, float]) -> Watch:
    return Watch([Progressing(task, 0, best=defaults.get(task.layer)) for task in tasks])


def _defaults(measured: Sequence[Record], tasks: list[Task]) -> dict[Layer, float]:
    """Layer -> microseconds of what its kernel takes without a record, whichever tuner measured that."""
    keys = {(one.layer, one.candidate): one.microseconds for one in measured}
    return {layer: keys[key] for key, layer in _default_names(tasks).items() if key in keys}


def _default_names(tasks: list[Task]) -> dict[tuple[str, str], Layer]:
    """(key of a layer, name of the candidate that it takes without a record) -> the layer."""
    return {
        (to_key(task.layer), name_of(task.candidates[0].kernel.name, task.candidates[0].settings)): task.layer
        for task in tasks
        if task.candidates
    }


def _own(tuner: str, log: list[tuple[float, Record]], tasks: list[Task]) -> list[tuple[float, Record]]:
    """Without our kernels' defaults, which `tune` measures first whatever the tuner, where those are not its own."""
    ours = set() if tuner.startswith("kernels") else _default_names(tasks).keys()
    return [(minute, one) for minute, one in log if (one.layer, one.candidate) not in ours]


def _minutes(place: Path, count: int) -> list[float]:
    """Of each of `count` measurements."""
    seen = lines_by_second(place)
    return [next((seconds for seconds, lines in seen if lines > at), seen[-1][0]) / 60 for at in range(count)]
