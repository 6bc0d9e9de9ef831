"""`tilewright distill`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import TilewrightError
from .console import json_file, progress
from .options import Json, Weights, WeightsOut
from .recipe import Recipe
from .train import Bfloat16, each_epoch, in_bfloat16


def distill(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="A zoo name (see `tilewright models`).")],
    teacher: Annotated[str, typer.Argument(metavar="TEACHER", help="One that sees the same pictures.")],
    output: WeightsOut,
    epochs: Annotated[int, typer.Option(min=1, help="Times through the training data.")] = 10,
    learning_rate: Annotated[float, typer.Option(help="The peak.")] = 0.05,
    temperature: Annotated[float, typer.Option(help="Of both answers: the higher, the more small scores tell.")] = 4.0,
    share: Annotated[float, typer.Option(min=0, max=1, help="Of the teacher's answers in the loss.")] = 0.7,
    layer: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=THEIRS", help="Layers that are to look at the same places; may be repeated."),
    ] = None,
    attention: Annotated[float, typer.Option(help="Weight of those in the loss.")] = 1000.0,
    bfloat16: Bfloat16 = None,
    seed: int = 0,
    recipe_file: Recipe = None,
    weights: Weights = None,
    json: Json = None,
    teacher_weights: Annotated[str | None, typer.Option(metavar="FILE")] = None,
) -> None:
    """Train a model as a better one answers.  Killed, the same command goes on after the last epoch."""
    from ...models import zoo

    for name in (student, teacher):
        zoo.get(name)  # an unknown name, or torch missing, in one line
    from ...models.compress.distill.distilled import Teaching
    from ...models.compress.distill.run import distill as run
    from ...models.training.schedule import Schedule

    layers = dict(map(_pair, layer or []))
    schedule = Schedule(
        epochs,
        optimizer="sgd",
        peak_rate=learning_rate,
        weight_decay=5e-4,
        warm_up=0.3,
        bfloat16=in_bfloat16(bfloat16),
        seed=seed,
    )
    how = Teaching(temperature, share, layers, attention)
    with json_file(json) as write:
        with progress() as tell:
            told = each_epoch(student, tell)
            done = run(student, teacher, output, how, schedule, weights, teacher_weights, told, tell)
        write({"accuracy": done.after, "accuracy_before": done.before, "accuracy_teacher": done.teacher})
    print(
        f"{output}: {student}, calibration part {done.before:.2%} -> {done.after:.2%}, its teacher {teacher} "
        f"{done.teacher:.2%}"
    )


def _pair(text: str) -> tuple[str, str]:
    ours, equals, theirs = text.partition("=")
    if not (ours and equals and theirs):
        raise TilewrightError(f"--layer {text!r}: write OURS=THEIRS, such as layer3=layer3")
    return ours, theirs
