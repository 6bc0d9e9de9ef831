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
from ..cpu import host_cpu
from ..precisions import is_by_relay
from .engines import Job
from .measurement import Accuracy, Latency, Measurement
from .tuned_share import tuned_share


@dataclass(frozen=True)
class Observed:
    """One engine's run: `agreement` is its worst output's (None: not compared), `peak_rss_bytes` its process's.

    `energy` is a RunEnergy as plain values; None where nobody asked for it.
    """

    job: Job
    version: str
    bound: Latency
    numpy: Latency
    agreement: OutputAgreement | None
    accuracy: Accuracy | None
    peak_rss_bytes: int
    energy: dict[str, Any] | None = None


def measurement_of(observed: Observed, manifest: Manifest, accuracy_note: str) -> Measurement:
    """The row of `observed`; sizes, build time and tuned share are those of our own engine only."""
    job = observed.job
    ours = job.engine == "tvm"
    return Measurement(
        model=manifest.name,
        engine=job.engine,
        precision="fp32" if is_by_relay(manifest.precision) and not ours else manifest.precision,
        target=manifest.target.name,
        threads=job.threads,
        batch=manifest.batch,
        latency_ms=observed.bound,
        numpy_latency_ms=observed.numpy,
        max_abs_error=observed.agreement and observed.agreement.max_abs_error,
        snr_db=observed.agreement and observed.agreement.snr_db,
        accuracy=observed.accuracy,
        accuracy_note=accuracy_note,
        parameter_bytes=manifest.parameter_bytes if ours else None,
        code_bytes=manifest.code_bytes if ours else None,
        peak_rss_bytes=observed.peak_rss_bytes,
        params=manifest.parameter_count,
        macs=manifest.macs,
        compile_seconds=manifest.compile_seconds if ours else None,
        tuned_share=tuned_share(manifest, Path(job.model), job.threads) if ours else None,
        energy_joules=observed.energy["joules"] if observed.energy else None,
        energy_note=energy_note(observed.energy),
        host=_host(observed.version),
        onnx_bytes=manifest.onnx_bytes,
        training_seconds=manifest.quantization.get("training_seconds"),
    )


def energy_note(energy: Mapping[str, Any] | None) -> str:
    """Which meter it was and what was taken off; why there is no figure; empty where nobody asked."""
    if energy is None:
        return ""
    return energy["note"] if energy["joules"] is not None else f"not available: {energy['note']}"


def _host(engine_version: str) -> dict[str, Any]:
    cpu = host_cpu()
    return {
        "cpu": cpu.model,
        "cores": cpu.cores,
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "engine_version": engine_version,
    }
