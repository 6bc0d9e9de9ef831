"""The main job: one model, compiled and measured beside other engines."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..cpu import host_cpu
from ..errors import TilewrightError
from ..pipeline import Compiled, compile_model
from ..targets import resolve
from ..tvm_stack import available_cores
from .engines import require_engine
from .known_peaks import known_peaks
from .measurement import Measurement
from .peaks import Peaks
from .profile import LayerTime, profile_bundle
from .protocol import Protocol
from .side_by_side import measure_side_by_side

Progress = Callable[[str], None]


@dataclass(frozen=True)
class BenchOptions:
    """What `tilewright bench` was asked for; `against` are the engines beside ours, `data` the data set, if named."""

    target: str = "native"
    precision: str = "fp32"
    threads: tuple[int, ...] = (1,)
    batches: tuple[int | None, ...] = (None,)
    against: tuple[str, ...] = ("onnxruntime",)
    data: str | None = None
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
    model: str | Path, options: BenchOptions | None = None, progress: Progress = lambda stage: None
) -> BenchResult:
    """Compile `model` for each batch, then measure it for each thread count beside the engines of `against`.

    Every engine's result is compared with ONNX Runtime's before it is timed.
    Raises TilewrightError for wrong input, CheckFailed when a result is wrong or an engine dies.
    """
    options = options or BenchOptions()
    _require_cores(options.threads)
    _require_runnable(options.target)
    engines = ["tvm", *(require_engine(name) for name in options.against if name != "tvm")]
    rows: list[Measurement] = []
    profiles: list[Profile] = []
    for batch in options.batches:
        with tempfile.TemporaryDirectory(prefix="tilewright-bench-") as folder:
            compiled = _compile(model, Path(folder), batch, options, progress)
            name = compiled.manifest.name
            for threads in options.threads:
                rows += measure_side_by_side(
                    compiled, engines, threads, options.protocol, options.data, str(options.weights or ""), progress
                )
                if options.profile:
                    progress(f"{name}: profiling, {threads} thread(s)")
                    layers = tuple(profile_bundle(compiled.path, threads))
                    profiles.append(Profile(name, threads, layers, known_peaks(options.target, threads)))
    return BenchResult(tuple(rows), tuple(profiles))


def _require_cores(threads: Sequence[int]) -> None:
    """Threads that share a core spin while they wait for each other: thousands stall the whole machine."""
    cores = available_cores()
    if not all(1 <= count <= cores for count in threads):
        raise TilewrightError(f"--threads {','.join(map(str, threads))}: this process can use 1 to {cores} here")


def _require_runnable(target: str) -> None:
    if missing := resolve(target).missing_on(host_cpu()):
        raise TilewrightError(
            f"target {target} cannot be measured here: this CPU has no {', '.join(missing)}; `tilewright compile` can"
        )


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
