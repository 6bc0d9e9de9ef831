"""Distillation from top to bottom: load both, train the student, write it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ....compile.errors import TilewrightError, unknown_name
from ....compile.progress import Progress, silent
from ...loading import LoadedModel, load_model
from ...training.recipes import batch_of, fine_tuning_task
from ...training.schedule import Epoch, Schedule
from ...training.trainer import train
from ...training.zeros import keep_zeros
from ..judge_trained import accuracy_of
from .distilled import Distilled, Teaching
from .heard import Heard


@dataclass(frozen=True)
class Learned:
    """Accuracies on the calibration part: the teacher's, and the student's before and after."""

    teacher: float
    before: float
    after: float


def distill(
    student: str,
    teacher: str,
    out: Path,
    how: Teaching,
    schedule: Schedule,
    student_weights: str | Path | None = None,
    teacher_weights: str | Path | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    progress: Progress = silent,
) -> Learned:
    """Train the zoo model `student` as `teacher` answers, and write it to `out`; the log goes beside it.

    `student_weights` is what it starts from: "random" for none.  Killed, the same call goes on.
    Raises TilewrightError where there is no data, or the two answer in different shapes.
    """
    pupil, master = load_model(student, student_weights, schedule.seed), load_model(teacher, teacher_weights)
    _require_alike(pupil, master, how)
    keep_zeros(pupil.module)
    progress(f"reading the training data of {student}")
    task = Distilled(fine_tuning_task(pupil.zoo), master.module, how)
    ours, theirs = (accuracy_of(one.module, one.zoo) for one in (pupil, master))
    before, teachers = ours()["accuracy"], theirs()["accuracy"]
    schedule = replace(schedule, batch=batch_of(pupil.zoo))
    settings = {"student": pupil.sha256, "teacher": master.sha256, **vars(how), "layers": dict(how.layers)}
    after = train(pupil.module, task, schedule, out, on_epoch, pupil.metadata, progress, judge=ours, settings=settings)
    return Learned(teachers, before, after["accuracy"])


def _require_alike(pupil: LoadedModel, master: LoadedModel, how: Teaching) -> None:
    if not master.trained:
        raise TilewrightError(f"{master.zoo.name}: a teacher needs trained weights; name a file with --teacher-weights")
    if pupil.zoo.input_shape != master.zoo.input_shape or pupil.zoo.preprocess != master.zoo.preprocess:
        raise TilewrightError(f"{pupil.zoo.name} and {master.zoo.name} do not see the same pictures")
    for loaded, names in ((pupil, how.layers), (master, how.layers.values())):
        known = [name for name, _ in loaded.module.named_modules() if name]
        for name in names:
            if name not in known:
                raise unknown_name(f"layer of {loaded.zoo.name}", name, known)
    ours, theirs = _shapes(pupil, how.layers), _shapes(master, how.layers.values())
    if ours[""] != theirs[""]:
        raise TilewrightError(f"{pupil.zoo.name} answers {ours['']}, {master.zoo.name} {theirs['']}: not the same task")
    for mine, its in how.layers.items():
        if ours[mine][2:] != theirs[its][2:] or len(ours[mine]) != 4:
            raise TilewrightError(f"--layer {mine}={its}: {ours[mine]} and {theirs[its]} are not maps of one size")


def _shapes(loaded: LoadedModel, layers: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Of the answer (under "") and of what `layers` give."""
    network = Heard(loaded.module)
    with network.hearing(layers) as heard, torch.no_grad():
        answer = network(torch.zeros(loaded.zoo.input_shape))
    return {"": tuple(answer.shape), **{name: tuple(one.shape) for name, one in heard.items()}}
