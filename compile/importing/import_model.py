"""The import stage, from top to bottom: find, read, normalize, convert, fold, lift the weights, check."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TilewrightError
from ..relay_costs import total_macs
from ..storing import Stored, precision_of
from ..tensor_spec import TensorSpec
from .check_import import check_import
from .imported import ImportedModel
from .lift_params import lift_params
from .normalize import NormalModel, normalize
from .quantization_note import quantization_note
from .read_onnx import opset_of, read_onnx
from .refusal import reason_of
from .simplify import simplify
from .source import Source, identify, open_source
from .to_relay import to_relay
from .unpack_params import few_levels, halves, unpack_params

_PARAMETER_TYPES = {"float32", "float64", "int8", "uint8", "int32"}  # int64 are shapes


def import_model(
    model: str | Path,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    weights: str | Path | None = None,
    check: bool = True,
) -> ImportedModel:
    """Import a zoo name or an ONNX file (opset 7 to 21) into Relay.

    `batch` fixes an open batch axis (1 by default), `shapes` any input's shape by name.  With `check`, the result is
    run on random and, where the model has a data set, on real input, and compared with ONNX Runtime.
    Raises TilewrightError for what cannot be imported, CheckFailed below 60 dB signal-to-noise.
    """
    with tempfile.TemporaryDirectory(prefix="tilewright-") as folder:
        source, path = open_source(str(model), Path(folder), batch, weights)
        graph = read_onnx(path)
        shown = path if source.zoo is None else Path(source.origin)
        try:
            imported = _convert(graph, source, shown, batch, shapes or {})
        except TilewrightError:
            raise
        except Exception as error:  # what onnx and TVM raise on a graph that passed the checks and is odd all the same
            opset = opset_of(graph, path)
            raise TilewrightError(f"{shown}: cannot be imported (opset {opset}): {reason_of(error)}") from error
    return replace(imported, agreement=tuple(check_import(imported))) if check else imported


def _convert(
    graph: Any, source: Source, path: Path, batch: int | None, shapes: Mapping[str, tuple[int, ...]]
) -> ImportedModel:
    normal = normalize(graph, path, batch, shapes)
    plain, lifted = lift_params(simplify(to_relay(graph, path, normal.opset)), _initializers(graph))
    stored: dict[str, Stored] = {**normal.stored, **(halves(lifted) if normal.widened else {})}
    count = sum(array.size for array in lifted.values() if array.dtype.name in _PARAMETER_TYPES)
    count += sum(prod(weight.shape) for weight in normal.stored.values())
    module, params = unpack_params(plain, lifted, {**stored, **few_levels(lifted)})
    return ImportedModel(
        source=identify(source, graph, normal.inputs),
        module=module,
        params=params,
        inputs=_input_specs(module, normal),
        outputs=_output_specs(module, graph, path),
        onnx=normal.reference,
        onnx_bytes=normal.onnx_bytes,
        opset=normal.opset,
        parameter_count=count,
        macs=total_macs(module["main"]),
        notes=normal.notes,
        precision=precision_of(stored, count) or normal.precision,
        quantization=quantization_note(graph),
    )


def _initializers(graph: Any) -> dict[str, np.ndarray]:
    from onnx import numpy_helper

    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer}


def _input_specs(module: Any, normal: NormalModel) -> tuple[TensorSpec, ...]:
    variables = module["main"].params[: len(normal.inputs)]
    return tuple(_spec(var.name_hint, var.checked_type) for var in variables)


def _output_specs(module: Any, graph: Any, path: Path) -> tuple[TensorSpec, ...]:
    returned = module["main"].ret_type
    types = list(returned.fields) if hasattr(returned, "fields") else [returned]
    names = [value.name for value in graph.graph.output]
    if len(types) != len(names):
        raise TilewrightError(f"{path}: {len(names)} outputs declared, {len(types)} imported")
    return tuple(_spec(name, one) for name, one in zip(names, types, strict=True))


def _spec(name: str, tensor_type: Any) -> TensorSpec:
    """The spec of a tensor; four axes are NCHW, as in every ONNX operator on images."""
    shape = tuple(int(dim) for dim in tensor_type.shape)
    return TensorSpec(name, shape, tensor_type.dtype, "NCHW" if len(shape) == 4 else "")
