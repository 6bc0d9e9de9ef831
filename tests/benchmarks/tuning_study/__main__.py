"""Best latency against trials and against minutes: each tuner on the same network, from nothing, with its own log.

    python tests/benchmarks/tuning_study run study resnet18 --trials 150
    python tests/benchmarks/tuning_study run study lprnet --target rpi4 --trials 150
    python tests/benchmarks/tuning_study plot study docs/plots

The latency is what the layers add up to, measured alone; a layer that a tuner has not measured takes what our kernels'
default does.  Killed, `run` goes on where it was.  On a board in a box the spaces are measured once, all of them, and
AutoTVM's tuners are replayed on that: on the modelled clock a candidate takes the same each time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from curves import lines_by_second, read_study
from kept import kept_defaults, with_kept
from picture import draw, summary
from replay import replay
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.log import FILE

AUTOTVM = tuple(f"kernels:{one}" for one in ("xgboost", "genetic", "grid", "random"))
TUNERS = (*AUTOTVM, "templates:xgboost", "metaschedule")
_MEASURED = "measured"  # the logs of whole spaces that tuners are replayed on
_MAIN = "from tilewright.compile.cli import main; main()"
_LOOK_SECONDS = 1.0
app = typer.Typer(add_completion=False)


@app.command()
def run(
    folder: Path,
    model: str,
    target: str = "native",
    trials: int = 150,
    tuners: Annotated[str, typer.Option(help="Separated by commas.")] = ",".join(TUNERS),
) -> None:
    """Run each tuner for so many trials, and put down how many lines its log had when."""
    name = resolve(target).name
    for tuner in tuners.split(","):
        place = folder / name / model / tuner.replace(":", "-")
        space, _, autotvm = tuner.partition(":")
        board = ["--board", "box"] if target.startswith("rpi") else []
        if autotvm and board:
            measured = folder / _MEASURED / f"{model}-{space}-{name}"
            _tune(model, target, space, board, measured)
            replay(tuner, place, measured, trials)
        else:
            _tune(model, target, tuner, [*board, "--trials", str(trials)], place)
        print(f"{model} for {name}: {tuner} is done")


def _tune(model: str, target: str, tuner: str, options: Sequence[str], place: Path) -> None:
    """Run `tilewright tune` with the log in `place`, which goes on where it was, to its end."""
    if (place / "done").exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    log = place / resolve(target).name / FILE
    command = [sys.executable, "-c", _MAIN, "tune", model, "--target", target, "--tuner", tuner, "--threads", "1"]
    command += ["--logs", str(place), "--weights", "random", "--no-transfer", *options]
    began = time.monotonic() - max([seconds for seconds, _ in lines_by_second(place)], default=0.0)
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
    (place / "done").touch()


@app.command()
def plot(folder: Path, to: Path, trials: int = 150) -> None:
    """A picture for each network and target with its curves beside it, and what each tuner found.

    Tuners whose curves lie there from before, and are not in `folder`, stay in the picture.
    """
    for place in sorted(one for one in folder.glob("*/*") if one.is_dir() and one.parent.name != _MEASURED):
        known = kept_defaults(place.name, place.parent.name, to)
        study = with_kept(read_study(place, trials, known), to)
        draw(study, to)
        print(summary(study))


if __name__ == "__main__":
    app()
