"""Turn what was observed of an engine, and what its Bundle's manifest says, into a row of the benchmark."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..accuracy import OutputAgreement
from ..bundle import Manifest
from ..precisions import is_by_relay
from .engines import Job
from .measurement import Accuracy, Measurement
from .place import Here, Place
from .times import Times
from .tuned_share import tuned_share


@dataclass(frozen=True)
class Observed:
    """One engine's run: `agreement` is its worst output's (None: not compared)."""

    job: Job
    version: str
    times: Times
    agreement: OutputAgreement | None
    accuracy: Accuracy | None


def measurement_of(observed: Observed, manifest: Manifest, accuracy_note: str, place: Place) -> Measurement:
    """The row of `observed`; sizes, build time and tuned share are those of our own engine only."""
    job = observed.job
    ours, energy = job.engine == "tvm", observed.times.energy
    return Measurement(
        model=manifest.name,
        engine=job.engine,
        precision="fp32" if is_by_relay(manifest.precision) and not ours else manifest.precision,
        target=manifest.target.name,
        threads=job.threads,
        batch=manifest.batch,
        latency_ms=observed.times.bound,
        numpy_latency_ms=observed.times.numpy,
        max_abs_error=observed.agreement and observed.agreement.max_abs_error,
        snr_db=observed.agreement and observed.agreement.snr_db,
        accuracy=observed.accuracy,
        accuracy_note=accuracy_note,
        parameter_bytes=manifest.parameter_bytes if ours else None,
        code_bytes=manifest.code_bytes if ours else None,
        peak_rss_bytes=observed.times.peak_rss_bytes,
        params=manifest.parameter_count,
        macs=manifest.macs,
        compile_seconds=manifest.compile_seconds if ours else None,
        tuned_share=tuned_share(manifest, Path(job.model), job.threads) if ours and isinstance(place, Here) else None,
        energy_joules=energy["joules"] if energy else None,
        energy_note=energy_note(energy),
        host=_host(observed.version, place),
        onnx_bytes=manifest.onnx_bytes,
        modelled=observed.times.modelled,
        training_seconds=manifest.quantization.get("training_seconds"),
    )


def energy_note(energy: Mapping[str, Any] | None) -> str:
    """Which meter it was and what was taken off; why there is no figure; empty where nobody asked."""
    if energy is None:
        return ""
    return energy["note"] if energy["joules"] is not None else f"not available: {energy['note']}"


def _host(engine_version: str, place: Place) -> dict[str, Any]:
    cpu = place.cpu
    return {
        "cpu": cpu.model,
        "cores": cpu.cores,
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "engine_version": engine_version,
        **place.conditions(),
    }
