"""`tilewright export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Batch, Weights


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A zoo name (see `tilewright models`).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The ONNX file to write.")],
    batch: Batch = None,
    weights: Weights = None,
    opset: Annotated[int, typer.Option(help="ONNX operator set.")] = 17,
) -> None:
    """Write a zoo model as an ONNX file."""
    from ...models import zoo

    zoo.get(model)  # an unknown name, or torch missing, in one line
    from ...models.export import export_onnx

    exported = export_onnx(model, output, batch=batch or 1, weights=weights, opset=opset)
    print(f"{output}: {model}, opset {exported.opset}, batch {exported.batch}, weights {exported.weights}")
