"""The main job: one model, compiled and measured beside other engines."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..evaluating.choose import DataChoice, Evaluation, choose_evaluation, foresee
from ..pipeline import Compiled, compile_model
from ..precisions import is_calibrated
from ..progress import Progress, silent
from ..targets import native
from .engines import require_engine
from .known_peaks import known_peaks
from .limits import require_cores, require_runnable
from .measurement import Accuracy, Measurement
from .peaks import Peaks
from .place import Here, Place
from .profile import LayerTime, profile_bundle
from .protocol import Protocol
from .side_by_side import measure_side_by_side

# Thousands of pictures take a board long: there they have to be asked for.
_ON_A_BOARD = Evaluation(None, "not asked for (--data)")


@dataclass(frozen=True)
class BenchOptions:
    """What `tilewright bench` was asked for; `against` are the engines beside ours.

    With `needs_accuracy` a model that cannot be judged here is an error, not a row without accuracy.
    """

    target: str = "native"
    precision: str = "fp32"
    threads: tuple[int, ...] = (1,)
    batches: tuple[int | None, ...] = (None,)
    against: tuple[str, ...] = ("onnxruntime",)
    choice: DataChoice = field(default_factory=DataChoice)
    needs_accuracy: bool = False
    weights: str | Path | None = None
    shapes: Mapping[str, tuple[int, ...]] | None = None
    protocol: Protocol = field(default_factory=Protocol)
    profile: bool = False


@dataclass(frozen=True)
class Profile:
    """The layers of one Bundle with their times, and what the machine could reach."""

    model: str
    threads: int
    layers: tuple[LayerTime, ...]
    peaks: Peaks


@dataclass(frozen=True)
class BenchResult:
    """Measurements, ours first for each thread count and batch, and the profiles that were asked for."""

    rows: tuple[Measurement, ...]
    profiles: tuple[Profile, ...] = ()


def benchmark_model(
    model: str | Path,
    options: BenchOptions | None = None,
    progress: Progress = silent,
    place: Place | None = None,
) -> BenchResult:
    """Compile `model` for each batch, then measure it for each thread count beside the engines of `against`.

    `place` is the machine to measure on, this one if it is None; "native" means its processor.

    Every engine's result is compared with ONNX Runtime's before it is timed.
    Raises TilewrightError for wrong input, CheckFailed when a result is wrong or an engine dies.
    """
    options, place = options or BenchOptions(), place or Here()
    if options.target == "native":
        options = replace(options, target=native(place.cpu).name)
    require_cores(options.threads, place)
    require_runnable(options.target, place)
    foresee(str(model), options.weights, options.choice, options.needs_accuracy)
    engines = ["tvm", *(require_engine(name) for name in options.against if name != "tvm")]
    rows: list[Measurement] = []
    profiles: list[Profile] = []
    for batch in options.batches:
        with tempfile.TemporaryDirectory(prefix="tilewright-bench-") as folder:
            compiled = _compile(model, Path(folder), batch, options, progress)
            source, calibrated = compiled.imported.source, is_calibrated(compiled.manifest.precision)
            evaluation = _ON_A_BOARD
            if isinstance(place, Here) or options.needs_accuracy or options.choice.data:
                evaluation = choose_evaluation(source, options.choice, options.needs_accuracy, calibrated)
            known: dict[str, Accuracy | None] | None = None
            for threads in options.threads:
                measured = measure_side_by_side(
                    compiled,
                    engines,
                    threads,
                    options.protocol,
                    evaluation,
                    known,
                    str(options.weights or ""),
                    progress,
                    place,
                )
                known = {row.engine: row.accuracy for row in measured}
                rows += measured
                if options.profile:
                    profiles.append(_profile(compiled, threads, options.target, progress))
    return BenchResult(tuple(rows), tuple(profiles))


def _profile(compiled: Compiled, threads: int, target: str, progress: Progress) -> Profile:
    name = compiled.manifest.name
    progress(f"{name}: profiling, {threads} thread(s)")
    return Profile(name, threads, tuple(profile_bundle(compiled.path, threads)), known_peaks(target, threads))


def _compile(model: str | Path, folder: Path, batch: int | None, options: BenchOptions, progress: Progress) -> Compiled:
    return compile_model(
        model,
        folder / "model.bundle",
        target=options.target,
        precision=options.precision,
        batch=batch,
        shapes=options.shapes,
        weights=options.weights,
        progress=lambda stage: progress(f"{model}: {stage}"),
    )
