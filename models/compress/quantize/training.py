"""What every quantization-aware training is: a network that computes as its file will, trained, checked and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch

from ....compile.errors import TilewrightError
from ....compile.files import replacing, require_place
from ....compile.importing.quantization_note import put_note, quantization_note
from ....compile.importing.source import Source
from ....compile.progress import Progress, silent
from ....compile.quantizing.calibration import Calibration, calibration_data
from ....compile.quantizing.floating import Floating, read_floating
from ...training.device import CPU
from ...training.loop import Task
from ...training.recipes import batch_of, fine_tuning_task
from ...training.results import write_log
from ...training.schedule import Epoch, Schedule
from ...training.trainer import run_epochs
from ...training.zeros import keep_zeros
from ...zoo import ZooModel
from ..graph_module import GraphModule
from ..judge_trained import accuracy_of, check_trained


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
class Subject:
    """What is trained: the fp32 network, what it learns on, and its calibration data."""

    floating: Floating
    zoo: ZooModel
    task: Task
    data: Calibration


class Learner(Protocol):
    """A network that computes as its quantized file does; `written` is that file (onnx.ModelProto), as it is now."""

    @property
    def network(self) -> GraphModule: ...  # noqa: D102
    def written(self) -> Any: ...  # noqa: D102


@dataclass(frozen=True)
class Trained:
    """What came of it: the quantized graph, the log (a line an epoch), and the accuracy on the calibration part.

    `before` is that of the network as it was quantized without training; `coverage` says what is quantized in it.
    """

    source: Source
    graph: Any
    coverage: str
    log: tuple[Mapping[str, Any], ...]
    before: float
    after: float

    @property
    def seconds(self) -> float:
        """Time spent training, over all runs where it was interrupted."""
        return round(sum(line["seconds"] for line in self.log), 1)


def read_subject(
    model: str,
    weights: str | Path | None,
    calib: str | None = None,
    limit: int | None = None,
    progress: Progress = silent,
) -> Subject:
    """The zoo model, or its ONNX file.  Raises TilewrightError for one without training data or trained weights."""
    floating = read_floating(model, None, None, weights)
    zoo = floating.source.zoo
    if zoo is None or not floating.source.trained:
        raise TilewrightError(f"{model}: only a zoo model with trained weights can be trained while quantizing")
    data = calibration_data(floating.source, floating.inputs, calib, limit)
    progress(f"reading the training data of {zoo.name}")
    return Subject(floating, zoo, _of_its_size(zoo), data)


@contextmanager
def training_to(output: Path, training: Training) -> Iterator[Callable[[Trained], None]]:
    """Train within, and hand what came of it to the function given: it is written to `output`, whole or not at all.

    The checkpoint beside it goes once that lies there.
    """
    if training.threads is not None:
        torch.set_num_threads(training.threads)
    require_place(output)
    with replacing(output) as beside:

        def write(done: Trained) -> None:
            beside.write_bytes(done.graph.SerializeToString())

        yield write
    _checkpoint_of(output).unlink(missing_ok=True)


def train_learner(
    learner: Learner,
    coverage: str,
    subject: Subject,
    training: Training,
    output: Path,
    *,
    settings: Mapping[str, Any],
    before: float,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    progress: Progress = silent,
) -> Trained:
    """Train it, check its file against ONNX Runtime, and write `.log.jsonl` beside `output`; the caller writes that.

    While training lasts a `.checkpoint` lies beside `output`, which is of these `settings` alone.
    It computes on the CPU, where the graph's constants are and biases are rounded.
    Raises CheckFailed where ONNX Runtime computes something else than was trained.
    """
    schedule, checkpoint = replace(training.schedule(), batch=batch_of(subject.zoo)), _checkpoint_of(output)
    made_of = {**settings, "learned_step": training.learned_step, "model": subject.floating.source.sha256}
    measure = accuracy_of(learner.network, subject.zoo)
    keep_zeros(learner.network)
    log = run_epochs(learner.network, subject.task, schedule, checkpoint, made_of, measure, on_epoch, progress, CPU)
    graph = learner.written()
    after = log[-1]["accuracy"] if log else before
    done = Trained(subject.floating.source, graph, coverage, tuple(log), before, after)
    _put_training(done, schedule, training)
    progress("checking against ONNX Runtime")
    check_trained(learner.network, subject.zoo.name, graph, subject.data)
    write_log(log, output)
    return done


def _checkpoint_of(output: Path) -> Path:
    return output.with_suffix(".checkpoint")


def _of_its_size(zoo: ZooModel) -> Task:
    """What it learns on; the graph is one of fixed sizes, which pieces of pictures do not have."""
    task = fine_tuning_task(zoo)
    seen = tuple(task.batch(torch.arange(1), 1.0, torch.Generator())[0].shape[1:])
    if seen != zoo.input_shape[1:]:
        sizes = [" x ".join(map(str, one[1:])) for one in (seen, zoo.input_shape[1:])]
        raise TilewrightError(f"{zoo.name} learns on pieces of {sizes[0]}, and is quantized for {sizes[1]}")
    return task


def _put_training(done: Trained, schedule: Schedule, training: Training) -> None:
    """Note in the graph how it was trained."""
    note = {
        "schedule": asdict(schedule),
        "learned_step": training.learned_step,
        "seconds": done.seconds,
        "calibration_accuracy": {"before": done.before, "after": done.after},
    }
    put_note(done.graph, {**quantization_note(done.graph), "training": note, "training_seconds": done.seconds})
