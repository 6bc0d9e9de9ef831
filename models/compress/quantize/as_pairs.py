"""Quantization-aware training, from top to bottom: calibrate, simulate, train, check, write the same QDQ form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ...compile.errors import TilewrightError
from ...compile.files import replacing
from ...compile.importing.quantization_note import put_note, quantization_note
from ...compile.progress import Progress, silent
from ...compile.quantizing import Quantized, Recipe
from ...compile.quantizing.calibrate import calibrate
from ...compile.quantizing.calibration import calibration_data
from ...compile.quantizing.floating import read_floating
from ...compile.quantizing.quantize import put_pairs
from ..training.device import CPU
from ..training.recipes import batch_of, fine_tuning_task
from ..training.results import write_log
from ..training.schedule import Epoch, Schedule
from ..training.trainer import Task, run_epochs
from ..zoo import ZooModel
from .judge_trained import accuracy_of, check_trained
from .simulated import Simulated, simulate


@dataclass(frozen=True)
class Training:
    """How to train: the learning rate is the peak; `threads` None leaves it to torch."""

    epochs: int = 1
    learning_rate: float = 1e-3
    learned_step: bool = False
    bfloat16: bool = False
    seed: int = 0
    threads: int | None = None

    def schedule(self) -> Schedule:
        """Gradient descent with momentum, as in the paper on learned steps.

        The rate is a tenth of what such networks were trained with: BatchNorm, which held them steady, is folded.
        """
        return Schedule(
            epochs=self.epochs,
            optimizer="sgd",
            peak_rate=self.learning_rate,
            weight_decay=1e-4,
            bfloat16=self.bfloat16,
            seed=self.seed,
        )


@dataclass(frozen=True)
class Trained:
    """What came of it: the QDQ graph, the log (a line an epoch), and the accuracy on the calibration part.

    `before` is that of the network as it was quantized without training.
    """

    quantized: Quantized
    log: tuple[Mapping[str, Any], ...]
    before: float
    after: float

    @property
    def seconds(self) -> float:
        """Time spent training, over all runs where it was interrupted."""
        return round(sum(line["seconds"] for line in self.log), 1)


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
    if training.threads is not None:
        torch.set_num_threads(training.threads)
    with replacing(output) as beside:
        floating = read_floating(model, None, None, weights)
        zoo = floating.source.zoo
        if zoo is None or not floating.source.trained:
            raise TilewrightError(f"{model}: only a zoo model with trained weights can be trained while quantizing")
        data = calibration_data(floating.source, floating.inputs, calib, limit)
        progress(f"reading the training data of {zoo.name}")
        task = _of_its_size(zoo)
        calibrated = calibrate(floating, data, recipe, progress)
        start = put_pairs(calibrated, recipe)
        simulated = simulate(start.graph, calibrated.graph, recipe.weight_bits, training.learned_step)
        measure = accuracy_of(simulated.network, zoo)
        plain = simulate(start.graph, calibrated.graph, recipe.weight_bits, learned=False)
        before = accuracy_of(plain.network, zoo)()["accuracy"]
        schedule, checkpoint = replace(training.schedule(), batch=batch_of(zoo)), output.with_suffix(".checkpoint")
        settings = {"recipe": recipe.to_json(), "learned_step": training.learned_step, "model": floating.source.sha256}
        # On the CPU: the simulated graph rounds in numpy.
        log = run_epochs(simulated.network, task, schedule, checkpoint, settings, measure, on_epoch, progress, CPU)
        progress("checking against ONNX Runtime")
        trained = _trained(start, simulated, schedule, training, log, before)
        check_trained(simulated.network, trained.quantized, data)
        beside.write_bytes(trained.quantized.graph.SerializeToString())
    write_log(log, output)
    checkpoint.unlink(missing_ok=True)
    return trained


def _of_its_size(zoo: ZooModel) -> Task:
    """What it learns on; the graph is one of fixed sizes, which pieces of pictures do not have."""
    task = fine_tuning_task(zoo)
    seen = tuple(task.batch(torch.arange(1), 0, torch.Generator())[0].shape[1:])
    if seen != zoo.input_shape[1:]:
        sizes = [" x ".join(map(str, one[1:])) for one in (seen, zoo.input_shape[1:])]
        raise TilewrightError(f"{zoo.name} learns on pieces of {sizes[0]}, and is quantized for {sizes[1]}")
    return task


def _trained(
    start: Quantized,
    simulated: Simulated,
    schedule: Schedule,
    training: Training,
    log: list[dict[str, Any]],
    before: float,
) -> Trained:
    graph = simulated.written()
    done = Trained(replace(start, graph=graph), tuple(log), before, log[-1]["accuracy"] if log else before)
    note = {
        "schedule": asdict(schedule),
        "learned_step": training.learned_step,
        "seconds": done.seconds,
        "calibration_accuracy": {"before": done.before, "after": done.after},
    }
    put_note(graph, {**quantization_note(graph), "training": note, "training_seconds": done.seconds})
    return done
