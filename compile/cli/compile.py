"""`tilewright compile`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import progress
from .options import Batch, Model, Precision, Shapes, TargetName, Weights, parse_shapes

# What was compared with ONNX Runtime, by the manifest's `checked`.
_CHECKED = {
    "bundle": "it",
    "twin": "its twin, built for this CPU, which cannot run the Bundle,",
    "import": "the import (this CPU cannot run the Bundle)",
}


def compile_(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="The Bundle (a folder) to write.")],
    target: TargetName = "native",
    precision: Precision = "fp32",
    batch: Batch = None,
    shape: Shapes = None,
    weights: Weights = None,
) -> None:
    """Import, build and check a model, and write it as a Bundle."""
    from ..pipeline import compile_model

    with progress() as tell:
        compiled = compile_model(
            model,
            output,
            target=target,
            precision=precision,
            batch=batch,
            shapes=parse_shapes(shape),
            weights=weights,
            progress=tell,
        )
    manifest = compiled.manifest
    low = min(manifest.agreement, key=lambda check: check["snr_db"])
    error = f"{low['snr_db']:.0f} dB (largest error {low['max_abs_error']:.1e})"
    where = _CHECKED[manifest.checked]
    print(
        f"{output}: {manifest.name} for {manifest.target.name}, built in {manifest.compile_seconds:.1f} s, "
        f"weights {manifest.parameter_bytes / 1e6:.2f} MB, code {manifest.code_bytes / 1e6:.2f} MB; "
        f"{where} agrees with ONNX Runtime to {error if low['max_abs_error'] else 'the bit'}"
    )
