"""The fp32 network that is quantized: read, folded, its constants evaluated."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import TilewrightError
from ..importing.input_shapes import infer_shapes
from ..importing.normalize import normalize, quantized_node
from ..importing.read_onnx import read_onnx
from ..importing.source import Source, identify, open_source
from ..tensor_spec import TensorSpec


@dataclass(frozen=True)
class Floating:
    """An fp32 graph ready to be quantized: BatchNorm folded, constants evaluated, shapes fixed and inferred."""

    source: Source
    graph: Any
    inputs: tuple[TensorSpec, ...]


def read_floating(
    model: str,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    weights: str | Path | None = None,
) -> Floating:
    """The model as it is quantized.  Raises TilewrightError for one that is quantized already."""
    with tempfile.TemporaryDirectory(prefix="tilewright-") as folder:
        source, path = open_source(model, Path(folder), batch, weights)
        normal = normalize(read_onnx(path), Path(source.origin), batch, shapes or {})
    if normal.stored:
        forms = sorted({one.form for one in normal.stored.values()})
        raise TilewrightError(f"{source.origin}: quantized already (it has weights of {', '.join(forms)})")
    infer_shapes(normal.graph)
    found = quantized_node(normal.graph)
    if found is not None:
        raise TilewrightError(f"{source.origin}: quantized already (node {found.name!r} is {found.op_type})")
    return Floating(identify(source, normal.graph, normal.inputs), normal.graph, normal.inputs)


def require_nodes(graph: Any, keep: Sequence[str]) -> None:
    """Raises TilewrightError where the graph has no node or operator that is to be kept."""
    known = {name for node in graph.graph.node for name in (node.name, node.op_type)}
    missing = [name for name in keep if name not in known]
    if missing:
        raise TilewrightError(f"--keep {missing[0]}: the model has no node or operator of that name")
