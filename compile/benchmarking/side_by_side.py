"""Measure one compiled model beside other engines: check every result, then let the engines take turns."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..accuracy import OutputAgreement, compare_all, least_db, require, worst
from ..bundle import Manifest
from ..evaluating.choose import Evaluation
from ..importing.sample_inputs import sample_inputs
from ..onnx_reference import OnnxReference
from ..pipeline import Compiled
from ..progress import Progress, silent
from .engines import Job
from .measurement import Accuracy, Measurement
from .place import EngineProcess, Here, Place
from .protocol import Protocol
from .rows import Observed, measurement_of
from .scoring import accuracies_of
from .times import observe_times


def measure_side_by_side(
    compiled: Compiled,
    engines: Sequence[str],
    threads: int,
    protocol: Protocol,
    evaluation: Evaluation,
    known: Mapping[str, Accuracy | None] | None = None,
    weights: str = "",
    progress: Progress = silent,
    place: Place | None = None,
) -> list[Measurement]:
    """One row an engine, in the order of `engines`, whose first is ours ("tvm").

    `known` accuracies, by engine, are not measured again: they do not depend on the threads.  `place` is the machine
    that the engines run on, this one if it is None; ONNX Runtime on this one is the reference for all.
    Raises CheckFailed when an engine's result is not near enough to ONNX Runtime's: a wrong answer has no speed.
    """
    manifest, place = compiled.manifest, place or Here()
    with tempfile.TemporaryDirectory(prefix="tilewright-measure-") as temporary:
        folder = Path(temporary)
        jobs = _jobs(compiled, engines, threads, weights, folder)
        inputs = _write_inputs(compiled, folder)
        progress(f"{manifest.name}: measuring, {threads} thread(s), batch {manifest.batch}")
        # Before the engines are loaded: three copies of a large batch may not fit the memory.
        reference = _reference(compiled, inputs, threads)
        with ExitStack() as stack:
            children = [stack.enter_context(place.child(job, inputs)) for job in jobs]
            observed = _observe(children, reference, protocol, folder, manifest, place)
            if known is None and evaluation.plan is not None:
                plan = evaluation.plan  # after the timing and the memory: a data set's pictures would count
                scorers = [place.scorer(child, inputs) for child in children]
                known = accuracies_of(scorers, plan, manifest.name, progress)
    observed = [replace(one, accuracy=(known or {}).get(one.job.engine)) for one in observed]
    rows = [measurement_of(one, manifest, evaluation.note, place) for one in observed]
    speedup = {row.engine: row.latency_ms.median / rows[0].latency_ms.median for row in rows[1:]}
    return [replace(rows[0], speedup=speedup), *rows[1:]]


def _jobs(compiled: Compiled, engines: Sequence[str], threads: int, weights: str, folder: Path) -> list[Job]:
    """What each engine runs: the Bundle, the zoo model, or the ONNX file that all are compared on."""
    onnx_file = folder / "model.onnx"
    onnx_file.write_bytes(compiled.imported.onnx)
    models = {"tvm": str(compiled.path), "torch": compiled.imported.source.origin}
    return [Job(engine, models.get(engine, str(onnx_file)), threads, weights) for engine in engines]


def _write_inputs(compiled: Compiled, folder: Path) -> Path:
    """The input that every engine is checked and timed on: a real one where there is one."""
    samples = sample_inputs(compiled.imported)
    path = folder / "inputs.npz"
    np.savez(path, **samples.get("real", samples["random"]))  # pyright: ignore[reportArgumentType]
    return path


def _observe(
    children: Sequence[EngineProcess],
    reference: dict[str, np.ndarray],
    protocol: Protocol,
    folder: Path,
    manifest: Manifest,
    place: Place,
) -> list[Observed]:
    """Compare every result, then let the engines take turns; where the clock is modelled, count what they do."""
    agreements = [_agreement(child, reference, folder, manifest) for child in children]
    found = observe_times(children, protocol, place)
    return [
        Observed(child.job, child.version, times, agreement, None)
        for child, times, agreement in zip(children, found, agreements, strict=True)
    ]


def _reference(compiled: Compiled, inputs: Path, threads: int) -> dict[str, np.ndarray]:
    """What ONNX Runtime answers where its sums do not saturate, as those of 8 bits do at its default settings here."""
    with np.load(inputs, allow_pickle=False) as file:
        return OnnxReference(compiled.imported.onnx, threads).run({name: file[name] for name in file.files})


def _outputs(child: EngineProcess, folder: Path) -> dict[str, np.ndarray]:
    path = folder / "outputs.npz"
    child.ask("run", outputs=str(path))
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _agreement(
    child: EngineProcess, reference: dict[str, np.ndarray], folder: Path, manifest: Manifest
) -> OutputAgreement:
    found = compare_all("sample", _outputs(child, folder), reference)
    quantized = manifest.precision != "fp32"
    saturating = child.job.engine == "onnxruntime" and quantized  # at its default settings: the table has its error
    in_fp32 = child.job.engine == "torch" and quantized  # whatever the others have
    # At 4 bits one input says little (`accuracy.best`); a build that ran here was checked on twelve.
    checked = manifest.precision == "int4" and child.job.engine == "tvm" and manifest.checked == "bundle"
    if not saturating and not in_fp32 and not checked:
        require(found, f"engine {child.job.engine}", least_db(manifest.precision, manifest.target.features))
    return replace(worst(found), max_abs_error=max(one.max_abs_error for one in found))
