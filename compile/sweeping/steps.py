"""The commands that a point is made of, and how many of them are done."""

from __future__ import annotations

import functools
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..files import replacing
from .points import Point
from .sweep_file import MEASURING
from .toml import words_of

_POSITIONAL = {"distill": "teacher"}  # what a verb takes without a name, beside the model
_ONNX = ("quantize", "quantize-aware")
_WITH_JSON = ("prune", "factorize", "distill")


@dataclass(frozen=True)
class Step:
    """`words` are a tilewright command's, which writes `output`, and last of all `rows` where it has any."""

    verb: str
    words: tuple[str, ...]
    output: Path
    rows: Path | None

    @property
    def command(self) -> str:
        """As one would type it."""
        return shlex.join(("tilewright", *self.words))

    @property
    def folder(self) -> Path:
        """Where it writes."""
        return self.output.parent

    @property
    def measures(self) -> bool:
        """Whether it times, so that nothing else may run beside it."""
        return self.verb in MEASURING

    @property
    def done(self) -> bool:
        """Whether all it writes is there."""
        return self.output.exists() and (self.rows is None or self.rows.exists())


@dataclass(frozen=True)
class Plan:
    """A point, the folder where what it measures goes, and its steps in order."""

    point: Point
    folder: Path
    steps: tuple[Step, ...]

    @property
    def state(self) -> Literal["done", "failed", "open"]:
        """Whether all of its steps are done, one has failed, or some are left."""
        if self._failed.exists():
            return "failed"
        return "open" if self.left() else "done"

    def left(self, measure: bool = True) -> list[Step]:
        """The steps that are not done; of those that come before measuring only, without `measure`."""
        return [step for step in self.steps if not step.done and (measure or not step.measures)]

    def fail(self, error: str, command: str = "") -> None:
        """Put on file that it cannot go on, and why."""
        with replacing(self._failed) as beside:
            beside.write_text(json.dumps({"command": command, "error": error}) + "\n", encoding="utf-8")

    def failure(self) -> dict[str, Any]:
        """What `fail` was told: "command" and "error"."""
        return json.loads(self._failed.read_text(encoding="utf-8"))

    def forget_failure(self) -> None:
        """Let it go on."""
        self._failed.unlink(missing_ok=True)

    @property
    def _failed(self) -> Path:
        return self.folder / "failed.json"


def plan_of(point: Point, out: Path) -> Plan:
    """The steps of `point`, each going on with what the last one wrote.

    What a step before measuring writes lies in a folder of `out` that is named by all that leads to it: points that
    begin alike share it, and who changes what is measured keeps it.  Raises TilewrightError for an option that a verb
    has not.
    """
    subject, weights, steps = point.model, point.weights, []
    for verb, table in point.tables.items():
        folder = _folder_of(point, verb, out)
        rows = folder / f"{verb}.json" if verb in (*_WITH_JSON, *MEASURING) else None
        words = [verb, subject, *_words(verb, dict(table))]
        words += [f"--weights={weights}"] if weights is not None else []
        words += [f"--json={rows}"] if rows is not None else []
        if verb in MEASURING:
            assert rows is not None
            steps.append(Step(verb, tuple(words), rows, rows))
            continue
        output = folder / f"{verb}{'.onnx' if verb in _ONNX else '.safetensors'}"
        steps.append(Step(verb, (*words, f"--output={output}"), output, rows))
        subject, weights = (str(output), None) if verb in _ONNX else (subject, str(output))
    return Plan(point, out / "points" / point.name, tuple(steps))


def _folder_of(point: Point, verb: str, out: Path) -> Path:
    if verb in MEASURING:
        return out / "points" / point.name
    return out / "steps" / point.name_up_to(verb)


def _words(verb: str, table: dict[str, object]) -> list[str]:
    named = [str(table.pop(_POSITIONAL[verb]))] if _POSITIONAL.get(verb) in table else []
    return [*named, *words_of(table, _options(verb), f"[{verb}]")]


@functools.cache
def _options(verb: str) -> dict[str, str | None]:
    """A verb's options: the parser is made once, not for each point."""
    from typer.main import get_command

    from ..cli.app import app
    from ..cli.recipe import options_of

    return options_of(get_command(app).commands[verb])  # pyright: ignore[reportAttributeAccessIssue]
