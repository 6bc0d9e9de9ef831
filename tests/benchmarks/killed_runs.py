"""A tuning run on a board in a box, killed with -9 at random moments: is a line lost, or anything measured twice?

    python tests/benchmarks/killed_runs.py lprnet rpi4 --kills 50

Each time it is started it lives for a second or up to `--longest`, wherever that finds it: importing, building,
measuring, writing.  The last one runs to its end.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import typer
from tilewright.compile.tuning.log import FILE

_MAIN = "from tilewright.compile.cli import main; main()"


def main(model: str, target: str, kills: int = 50, longest: float = 25.0, seed: int = 0) -> None:
    """Kill it so many times, less when it ends before; exit code 1 when something was lost."""
    chance, done = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as folder:
        log, before = Path(folder) / target / FILE, b""
        for done in range(kills):
            if _lives(model, target, Path(folder), chance.uniform(1.0, longest)):
                break
            after = log.read_bytes() if log.exists() else b""
            if not after.startswith(before):
                raise typer.Exit(_said(f"after kill {done + 1} the log no longer begins as it did before"))
            before = after
        else:
            done = kills
            _lives(model, target, Path(folder), None)
        if not log.read_bytes().startswith(before):
            raise typer.Exit(_said("the last run lost lines"))
        entries = _entries(log)
    twice = [key for key, count in Counter(map(_key, entries)).items() if count > 1]
    print(f"{model} for {target}: killed {done} times, {len(entries)} lines, all whole; {len(twice)} put down twice")
    if twice:
        raise typer.Exit(1)


def _lives(model: str, target: str, logs: Path, seconds: float | None) -> bool:
    """Whether a run comes to its end before it is killed."""
    command = [sys.executable, "-c", _MAIN, "tune", model, "--target", target, "--board", "box", "--tuner", "kernels"]
    command += ["--logs", str(logs), "--weights", "random"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            return False
    if process.returncode:
        raise typer.Exit(_said(said.decode()))
    return True


def _entries(log: Path) -> list[dict[str, object]]:
    """A half line is an error here."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def _key(entry: dict[str, object]) -> str:
    """What was measured, or failed, or was finished."""
    return json.dumps({key: value for key, value in entry.items() if key != "microseconds"}, sort_keys=True)


def _said(what: str) -> int:
    print(what, file=sys.stderr)
    return 1


if __name__ == "__main__":
    typer.run(main)
