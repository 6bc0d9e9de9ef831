"""Trained as a calibrated network: calibrate, simulate, train, check, write the same QDQ form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ....compile.progress import Progress, silent
from ....compile.quantizing import Recipe
from ....compile.quantizing.calibrate import calibrate
from ....compile.quantizing.quantize import put_pairs
from ...training.schedule import Epoch
from ..judge_trained import accuracy_of
from .simulated import simulate
from .training import Trained, Training, read_subject, train_learner, training_to


def train_quantized(
    model: str,
    output: Path,
    recipe: Recipe,
    training: Training,
    *,
    calib: str | None = None,
    limit: int | None = None,
    weights: str | Path | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    progress: Progress = silent,
) -> Trained:
    """Train a zoo model (or its ONNX file) as its quantized form, and write that to `output`, an ONNX file.

    Ranges come from the calibration part, the training from the part "train" alone; the last epoch is the result.
    `.log.jsonl` is written beside `output`; while training lasts, a `.checkpoint` lies there, from which the same
    call goes on.  Raises TilewrightError for a model without training data, CheckFailed where ONNX Runtime computes
    something else than was trained.
    """
    with training_to(output, training) as write:
        subject = read_subject(model, weights, calib, limit, progress)
        calibrated = calibrate(subject.floating, subject.data, recipe, progress)
        start = put_pairs(calibrated, recipe)
        plain = simulate(start.graph, calibrated.graph, recipe.weight_bits, learned=False)
        done = train_learner(
            simulate(start.graph, calibrated.graph, recipe.weight_bits, training.learned_step),
            start.coverage,
            subject,
            training,
            output,
            settings={"recipe": recipe.to_json(), "calibration": [calib, limit]},
            before=accuracy_of(plain.network, subject.zoo)()["accuracy"],
            on_epoch=on_epoch,
            progress=progress,
        )
        write(done)
    return done
