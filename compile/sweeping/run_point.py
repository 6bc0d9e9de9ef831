"""Run one point: its steps, from the first that is not done, under a lock; what was run is on file."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from .steps import Plan, Step


def run_point(plan: Plan, measure: bool = True, threads: int | None = None) -> None:
    """Whoever comes second waits for the first, and finds nothing left to do.  A step that fails ends the point.

    `threads` is for what does not measure: points beside each other share the cores.
    """
    if threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(threads)  # torch's, which nobody has imported yet
    folder = plan.folder
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "lock"):
        (folder / "point.json").write_text(json.dumps(vars(plan.point), indent=1) + "\n", encoding="utf-8")
        for step in plan.left(measure):
            step.folder.mkdir(parents=True, exist_ok=True)
            with _locked(step.folder / f"{step.verb}.lock"):  # another point may begin with it too
                if plan.state != "failed" and not step.done:
                    _run(step, plan)


def _run(step: Step, plan: Plan) -> None:
    from ..cli import attempt

    print(f"$ {step.command}", flush=True)
    code, message = attempt(list(step.words))
    if code:
        print(message, flush=True)
        plan.fail(message, step.command)
    line = {"at": _now(), "command": step.command, "code": code, "error": message}
    with (step.folder / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # goes with the process, however it ends
        yield


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
