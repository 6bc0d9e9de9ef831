"""Accuracy on a data set: of a zoo model in every engine, or of a Bundle as it is."""

from __future__ import annotations

import importlib.util
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..benchmarking.bench import BenchOptions, benchmark_model
from ..benchmarking.child import Child
from ..benchmarking.engines import Job
from ..benchmarking.limits import default_threads, require_cores
from ..benchmarking.measurement import Measurement
from ..benchmarking.place import Here, Place
from ..benchmarking.protocol import Protocol
from ..benchmarking.rows import Observed, measurement_of
from ..benchmarking.scoring import accuracy_of
from ..benchmarking.times import observe_times
from ..bundle.manifest import FILE, Manifest, read_manifest
from ..errors import TilewrightError
from ..precisions import is_calibrated
from ..progress import Progress, silent
from ..tensor_spec import random_inputs
from ..tvm_stack import available_cores
from .choose import DataChoice, Plan, choose_data

# One short round: rows have the times a bench row has, but the accuracy is what this is for.
_PROTOCOL = Protocol(rounds=1, block_seconds=0.5, least_runs=5)


@dataclass(frozen=True)
class EvalOptions:
    """What `tilewright eval` was asked for; all but `choice` and `threads` is settled already in a Bundle."""

    choice: DataChoice = field(default_factory=DataChoice)
    engines: tuple[str, ...] | None = None
    threads: int | None = None
    batch: int | None = None
    target: str | None = None
    weights: str | None = None
    precision: str | None = None


def is_bundle(model: str) -> bool:
    """Whether MODEL is the folder of a Bundle."""
    return (Path(model) / FILE).is_file()


def target_of(model: str, asked: str | None) -> str:
    """The target that a Bundle was built for, or the one that was asked for."""
    return read_manifest(Path(model)).target.name if is_bundle(model) else asked or "native"


def evaluate_model(
    model: str, options: EvalOptions, progress: Progress = silent, place: Place | None = None
) -> list[Measurement]:
    """One row an engine, each with its accuracy; on the machine `place`, this one if it is None.

    A Bundle runs in our engine alone; a quantized one's answers are compared with torch's in fp32 where that is here.
    A model is compiled first, and runs in torch (zoo models) and ONNX Runtime too unless `engines` says otherwise.
    Raises TilewrightError when there is nothing to judge it by, CheckFailed when a result is wrong.
    """
    if is_bundle(model):
        return [_evaluate_bundle(Path(model), options, progress, place or Here())]
    from ..importing.source import is_file

    everywhere = is_file(model) or not isinstance(place or Here(), Here)  # boards have no torch
    engines = options.engines or (("tvm", "onnxruntime") if everywhere else ("tvm", "onnxruntime", "torch"))
    bench = BenchOptions(
        target=options.target or "native",
        precision=options.precision or "fp32",
        threads=(options.threads or default_threads(place or Here()),),
        batches=(options.batch,),
        against=engines,
        choice=options.choice,
        weights=options.weights,
        protocol=_PROTOCOL,
        needs_accuracy=True,
    )
    return [row for row in benchmark_model(model, bench, progress, place).rows if row.engine in engines]


def _evaluate_bundle(folder: Path, options: EvalOptions, progress: Progress, place: Place) -> Measurement:
    manifest = read_manifest(folder)
    plan = _plan(manifest, options)
    threads = options.threads or default_threads(place)
    require_cores((threads,), place)
    job = Job("tvm", str(folder), threads)
    with tempfile.TemporaryDirectory(prefix="tilewright-eval-") as temporary:
        inputs = Path(temporary) / "inputs.npz"
        np.savez(inputs, **random_inputs(manifest.inputs))  # pyright: ignore[reportArgumentType]
        with place.child(job, inputs) as child, ExitStack() as stack:
            (times,) = observe_times([child], _PROTOCOL, place)
            beside = _floating_job(manifest, available_cores())
            floating = None if beside is None else stack.enter_context(Child(beside, inputs))
            accuracy = accuracy_of(place.scorer(child, inputs), plan, manifest.name, progress, floating)
            observed = Observed(job, child.version, times, None, accuracy)
    return measurement_of(observed, manifest, "", place)


def _floating_job(manifest: Manifest, threads: int) -> Job | None:
    """torch with the fp32 model that a quantized Bundle was made from: None where torch or the model is not here."""
    if manifest.precision == "fp32" or not manifest.zoo or importlib.util.find_spec("torch") is None:
        return None
    from ...models import zoo

    if manifest.zoo not in zoo.names():
        return None
    weights = manifest.source.weights
    if weights == zoo.get(manifest.zoo).weights.description:
        return Job("torch", manifest.zoo, threads)
    return Job("torch", manifest.zoo, threads, weights) if Path(weights).is_file() else None


def _plan(manifest: Manifest, options: EvalOptions) -> Plan:
    settled = {"--engines": options.engines, "--batch": options.batch, "--weights": options.weights}
    settled |= {"--target": options.target, "--precision": options.precision}
    for option, value in settled.items():
        if value is not None:
            raise TilewrightError(f"{option} is settled in a Bundle ({manifest.name!r}): leave it out, or name a model")
    if manifest.preprocess is None or manifest.postprocess is None:
        raise TilewrightError(
            f"Bundle {manifest.name!r} does not say how an image becomes its input: compile a zoo model, or an ONNX "
            "file made by `tilewright export`"
        )
    if not manifest.source.trained:
        raise TilewrightError(f"Bundle {manifest.name!r} has random weights: its accuracy would mean nothing")
    data = choose_data(manifest.name, manifest.datasets, options.choice, is_calibrated(manifest.precision))
    if data is None:
        known = ", ".join(manifest.datasets)
        raise TilewrightError(f"none of the data sets of {manifest.name} is here ({known}): `tilewright data get NAME`")
    return Plan(data, manifest.preprocess, manifest.postprocess)
