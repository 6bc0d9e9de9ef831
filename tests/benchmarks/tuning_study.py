"""Best latency against trials and against minutes: every tuner on the same network, each with a log of its own.

    python tests/benchmarks/tuning_study.py run study lprnet --target rpi4 --trials 200
    python tests/benchmarks/tuning_study.py plot study docs/plots

The latency is what the layers add up to, measured alone; a layer that a tuner has not measured takes what our kernels'
default does.  Killed, `run` goes on where it was.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from tilewright.compile.importing import import_model
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.choice import require_choice
from tilewright.compile.tuning.log import FILE
from tilewright.compile.tuning.record import Record, from_line, name_of
from tilewright.compile.tuning.tasks import Task, tasks_of
from tilewright.compile.tuning.watch import Progressing, Watch
from tilewright.schedules.layers import Layer, to_key

TUNERS = (
    *(f"kernels:{one}" for one in ("xgboost", "genetic", "grid", "random")),
    "kernels",
    "templates:xgboost",
    "metaschedule",
)
_MAIN = "from tilewright.compile.cli import main; main()"
_LOOK_SECONDS = 1.0
_MOST = 0.9  # of what the best of all tuners gains
_MARGIN = 0.2  # of what tuning gains, around the lower row
app = typer.Typer(add_completion=False)


@app.command()
def run(
    folder: Path,
    model: str,
    target: str = "native",
    trials: int = 200,
    tuners: Annotated[str, typer.Option(help="Separated by commas.")] = ",".join(TUNERS),
) -> None:
    """Run each tuner for so many trials, and put down how many lines its log had when."""
    name = resolve(target).name
    for tuner in tuners.split(","):
        place = folder / name / model / tuner.replace(":", "-")
        place.mkdir(parents=True, exist_ok=True)
        if (place / "done").exists():
            continue
        command = [sys.executable, "-c", _MAIN, "tune", model, "--target", target, "--tuner", tuner]
        command += ["--threads", "1", "--trials", str(trials), "--logs", str(place), "--weights", "random"]
        command += ["--board", "box"] if target.startswith("rpi") else []
        if tuner == "kernels" and "--board" not in command:
            continue  # it measures inside the network: no trial of its is one kernel alone
        _watch(command, place, place / name / FILE)
        (place / "done").touch()
        print(f"{model} for {name}: {tuner} is done")


def _watch(command: list[str], place: Path, log: Path) -> None:
    began = time.monotonic() - max([seconds for seconds, _ in _curve(place)], default=0.0)
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=(place / "stderr").open("w")) as process,
        (place / "curve.jsonl").open("a") as curve,
    ):
        lines = -1
        while process.poll() is None:
            time.sleep(_LOOK_SECONDS)
            now = log.read_bytes().count(b"\n") if log.exists() else 0
            if now != lines:
                lines = now
                curve.write(json.dumps([round(time.monotonic() - began, 1), lines]) + "\n")
                curve.flush()
        if process.returncode:
            raise typer.Exit(process.returncode)


def _curve(place: Path) -> list[tuple[float, int]]:
    path = place / "curve.jsonl"
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


@dataclass(frozen=True)
class Found:
    """Milliseconds after each trial, and the minutes that had passed."""

    tuner: str
    minutes: list[float]
    milliseconds: list[float]


def found_by(place: Path, model: str, target_name: str) -> tuple[float, list[Found]]:
    """The milliseconds of our kernels' defaults, and what each tuner found in one study's folder."""
    target = resolve(target_name)
    choice = require_choice(target, place)
    measured = {one.layer for log in place.glob(f"*/{target_name}/{FILE}") for one in _records(log)}
    all_tasks = tasks_of([import_model(model, check=False, weights="random")], target, choice)
    tasks = [task for task in all_tasks if to_key(task.layer) in measured]  # the others are no choice
    defaults = _defaults(place, target_name, tasks)
    default = _watch_of(tasks, defaults).predicted_ms(model) or float("nan")
    return default, list(_found(place, model, target_name, tasks, defaults))


def _found(
    place: Path, model: str, target_name: str, tasks: list[Task], defaults: dict[Layer, float]
) -> Iterator[Found]:
    for folder in sorted(one for one in place.iterdir() if (one / "curve.jsonl").exists()):
        records = _records(folder / target_name / FILE)
        watch = _watch_of(tasks, defaults)
        by_key = {to_key(one.task.layer): one for one in watch.tasks}
        milliseconds, met = [], set()
        for record in records:
            task = by_key[record.layer]
            task.best = (
                min(record.microseconds, task.best) if record.layer in met and task.best else record.microseconds
            )
            met.add(record.layer)
            milliseconds.append(watch.predicted_ms(model) or float("nan"))
        yield Found(folder.name, _minutes(folder, len(records)), milliseconds)


def _watch_of(tasks: list[Task], defaults: dict[Layer, float]) -> Watch:
    return Watch([Progressing(task, 0, best=defaults.get(task.layer)) for task in tasks])


def _defaults(place: Path, target: str, tasks: list[Task]) -> dict[Layer, float]:
    """Layer -> microseconds of what its kernel takes without a record, in whichever log has it."""
    wanted = {
        (to_key(task.layer), name_of(task.candidates[0].kernel.name, task.candidates[0].settings)): task.layer
        for task in tasks
        if task.candidates
    }
    found = {}
    for log in place.glob(f"*/{target}/{FILE}"):
        for one in _records(log):
            if (layer := wanted.get((one.layer, one.candidate))) is not None:
                found[layer] = one.microseconds
    return found


def _records(log: Path) -> list[Record]:
    """The measurements of kernels alone."""
    lines = map(from_line, log.read_text().splitlines())
    return [one for one in lines if isinstance(one, Record) and one.place == "alone"]


def _minutes(folder: Path, count: int) -> list[float]:
    """Of each of `count` measurements."""
    curve = _curve(folder)
    return [next((seconds for seconds, lines in curve if lines > at), curve[-1][0]) / 60 for at in range(count)]


def _summary(one: Found, enough: float) -> str:
    """The last latency, and when most of the gain was there to stay."""
    text = f"{one.milliseconds[-1]:.4g} ms after {len(one.minutes)} trials, {one.minutes[-1]:.1f} minutes"
    missing = [at for at, milliseconds in enumerate(one.milliseconds) if milliseconds > enough]
    since = missing[-1] + 1 if missing else 0
    if since == len(one.minutes):
        return text
    return f"{text}; {_MOST:.0%} of the gain after {since + 1} trials, {one.minutes[since]:.1f} minutes"


@app.command()
def plot(folder: Path, to: Path) -> None:
    """A picture for each network and target: against trials on the left, against minutes on the right."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    to.mkdir(parents=True, exist_ok=True)
    for place in sorted(one for one in folder.glob("*/*") if one.is_dir()):
        target, model = place.parent.name, place.name
        figure, rows = plt.subplots(2, 2, figsize=(11, 7), sharex="col", sharey="row")
        default, found = found_by(place, model, target)
        print(f"{model} {target}: {default:.4g} ms by our kernels' defaults")
        for axes in rows.flat:
            axes.axhline(default, color="grey", linestyle=":", label="our kernels' defaults")
        best = min(default, *(one.milliseconds[-1] for one in found))
        for one in found:
            for by_trials, by_minutes in rows:
                by_trials.step(range(1, len(one.milliseconds) + 1), one.milliseconds, where="post", label=one.tuner)
                by_minutes.step(one.minutes, one.milliseconds, where="post")
            print(f"{model} {target} {one.tuner}: {_summary(one, default - _MOST * (default - best))}")
        clock = "modelled ms" if target.startswith("rpi") else "ms"
        (all_tuners, _), (nearest, _) = rows
        all_tuners.set(yscale="log", ylabel=f"{clock}, what the layers add up to", title=f"{model}, {target}")
        for write in (all_tuners.yaxis.set_major_formatter, all_tuners.yaxis.set_minor_formatter):
            write("{x:g}")
        nearest.set(ylim=(best - _MARGIN * (default - best), default + 2 * _MARGIN * (default - best)))
        nearest.set(ylabel="the same, near the best")
        for axes, what in zip(rows[1], ("trials", "minutes"), strict=True):
            axes.set_xlabel(what)
        all_tuners.legend(fontsize="small")
        figure.tight_layout()
        figure.savefig(to / f"tuning-{model}-{target}.png", dpi=110)
        plt.close(figure)


if __name__ == "__main__":
    app()
