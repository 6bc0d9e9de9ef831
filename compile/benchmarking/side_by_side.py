"""Measure one compiled model beside other engines: check every result, then let the engines take turns."""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..accuracy import OutputAgreement, compare_all, require, worst
from ..bundle import Manifest
from ..cpu import host_cpu
from ..pipeline import Compiled
from ..sample_inputs import sample_inputs
from .child import Child
from .engines import Job
from .evaluation import Evaluation, choose_evaluation
from .measurement import Accuracy, Latency, Measurement
from .protocol import Protocol, take_turns
from .tuned_share import tuned_share


def measure_side_by_side(
    compiled: Compiled,
    engines: Sequence[str],
    threads: int,
    protocol: Protocol,
    data: str | None = None,
    weights: str = "",
    progress: Callable[[str], None] = lambda stage: None,
) -> list[Measurement]:
    """One row an engine, in the order of `engines`, whose first is ours ("tvm").

    Raises CheckFailed when an engine's result lies below 60 dB against ONNX Runtime's: a wrong answer has no speed.
    """
    source = compiled.imported.source
    evaluation = choose_evaluation(source, data)
    with tempfile.TemporaryDirectory(prefix="tilewright-measure-") as temporary, ExitStack() as stack:
        folder = Path(temporary)
        onnx_file, inputs_file = folder / "model.onnx", folder / "inputs.npz"
        onnx_file.write_bytes(compiled.imported.onnx)
        samples = sample_inputs(compiled.imported)
        np.savez(inputs_file, **samples.get("real", samples["random"]))  # pyright: ignore[reportArgumentType]
        models = {"tvm": str(compiled.path), "torch": source.origin}
        jobs = [Job(engine, models.get(engine, str(onnx_file)), threads, weights) for engine in engines]
        reference = _reference(Job("onnxruntime", str(onnx_file), threads), inputs_file, folder)
        children = [stack.enter_context(Child(job, inputs_file)) for job in jobs]
        agreements = [_agreement(child, reference, folder) for child in children]
        times = take_turns(children, protocol)
        memory = [child.ask("memory") for child in children]  # before the data set, whose images would count
        if evaluation.data is not None:
            progress(f"{source.name}: evaluating on {len(evaluation.data):,} images of {evaluation.data.name}")
        accuracies = [_accuracy(child, evaluation) for child in children]
    rows = [
        replace(
            _row(job, compiled.manifest),
            latency_ms=Latency.of(taken["bound"]),
            numpy_latency_ms=Latency.of(taken["numpy"]),
            max_abs_error=agreement.max_abs_error,
            snr_db=agreement.snr_db,
            accuracy=accuracy,
            accuracy_note=evaluation.note,
            peak_rss_bytes=peak,
            host=_host(child.version),
        )
        for job, child, taken, agreement, accuracy, peak in zip(
            jobs, children, times, agreements, accuracies, memory, strict=True
        )
    ]
    speedup = {row.engine: row.latency_ms.median / rows[0].latency_ms.median for row in rows[1:]}
    return [replace(rows[0], speedup=speedup), *rows[1:]]


def _reference(job: Job, inputs: Path, folder: Path) -> dict[str, np.ndarray]:
    with Child(job, inputs) as judge:
        return _outputs(judge, folder)


def _outputs(child: Child, folder: Path) -> dict[str, np.ndarray]:
    path = folder / "outputs.npz"
    child.ask("run", outputs=str(path))
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _agreement(child: Child, reference: dict[str, np.ndarray], folder: Path) -> OutputAgreement:
    found = compare_all("sample", _outputs(child, folder), reference)
    require(found, f"engine {child.job.engine}")
    return replace(worst(found), max_abs_error=max(one.max_abs_error for one in found))


def _accuracy(child: Child, evaluation: Evaluation) -> Accuracy | None:
    zoo, data = evaluation.zoo, evaluation.data
    if zoo is None or data is None:
        return None
    right = child.ask(
        "correct",
        data=data.name,
        part=data.part,
        preprocess=zoo.preprocess.to_json(),
        postprocess=zoo.postprocess.to_json(),
    )
    return Accuracy(data.metric, right / len(data), len(data), f"{data.name}/{data.part}")


def _row(job: Job, manifest: Manifest) -> Measurement:
    """What is known of a row without measuring."""
    ours = job.engine == "tvm"
    nothing = Latency(0.0, 0.0, 0.0)
    return Measurement(
        model=manifest.name,
        engine=job.engine,
        precision=manifest.precision,
        target=manifest.target.name,
        threads=job.threads,
        batch=manifest.batch,
        latency_ms=nothing,
        numpy_latency_ms=nothing,
        max_abs_error=None,
        snr_db=None,
        accuracy=None,
        accuracy_note="",
        parameter_bytes=manifest.parameter_bytes if ours else None,
        code_bytes=manifest.code_bytes if ours else None,
        peak_rss_bytes=0,
        params=manifest.parameter_count,
        macs=manifest.macs,
        compile_seconds=manifest.compile_seconds if ours else None,
        tuned_share=tuned_share(manifest, Path(job.model), job.threads) if ours else None,
        energy_joules=None,  # no meter is read yet, and a modelled figure would have to say so
        host={},
    )


def _host(version: str) -> dict[str, Any]:
    cpu = host_cpu()
    return {
        "cpu": cpu.model,
        "cores": cpu.cores,
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "engine_version": version,
    }
