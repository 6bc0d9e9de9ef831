"""A zoo model to an ONNX file, through torch's TorchScript exporter: its graphs import cleanly into Relay."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import onnx
import torch

from ..compile.errors import TilewrightError
from ..compile.files import replacing
from .loading import LoadedModel, load_model
from .zoo import ZooModel

OPSET = 17
# The exporter writes LPRNet's strided slice from opset 10 on, and promises nothing after 20.
_OPSETS = range(10, 21)


@dataclass(frozen=True)
class ExportedModel:
    """An ONNX file and where it came from.  `weights`, `trained` and `weights_sha256` are as in LoadedModel."""

    path: Path
    zoo: ZooModel
    batch: int | Literal["dynamic"]
    opset: int
    weights: str
    trained: bool
    weights_sha256: str


def export_onnx(
    name: str,
    path: Path,
    batch: int | Literal["dynamic"] = 1,
    weights: Path | str | None = None,
    opset: int = OPSET,
) -> ExportedModel:
    """Write the zoo model `name` as ONNX to `path`: one NCHW float32 input, one output.

    `batch` is fixed in the file, or left open when "dynamic" (refused for a model whose answers mix the batch).
    `weights` is as for `load_model`.  The file's metadata names the model (`tilewright.model`), its weights
    (`tilewright.weights`, `tilewright.weights_sha256`) and says whether they are trained (`tilewright.trained`).
    Raises TilewrightError for a wrong name, batch, opset or weights, and when `path` cannot be written.
    """
    if batch != "dynamic" and batch < 1:
        raise TilewrightError(f"batch {batch} cannot be exported: give 1 or more, or 'dynamic'")
    if opset not in _OPSETS:
        raise TilewrightError(f"opset {opset} cannot be exported: give {_OPSETS[0]} to {_OPSETS[-1]}")
    loaded = load_model(name, weights)
    if batch == "dynamic" and loaded.zoo.mixes_batch:
        raise TilewrightError(f"{name} cannot have a dynamic batch: its answers depend on the batch size, so name one")
    graph = onnx.load_from_string(_trace(loaded, batch, opset))
    origin = {
        "tilewright.model": name,
        "tilewright.weights": loaded.weights,
        "tilewright.weights_sha256": loaded.sha256,
        "tilewright.trained": str(loaded.trained).lower(),
    }
    onnx.helper.set_model_props(graph, origin)
    onnx.checker.check_model(graph)
    with replacing(path) as beside:
        beside.write_bytes(graph.SerializeToString())
    return ExportedModel(path, loaded.zoo, batch, opset, loaded.weights, loaded.trained, loaded.sha256)


def _trace(loaded: LoadedModel, batch: int | Literal["dynamic"], opset: int) -> bytes:
    """The bytes of the ONNX file; BatchNorm is folded into the convolution before it on the way."""
    zoo = loaded.zoo
    example = torch.zeros(2 if batch == "dynamic" else batch, *zoo.input_shape[1:])
    axes = {zoo.input_name: {0: "batch"}, zoo.output_name: {0: "batch"}} if batch == "dynamic" else None
    file = io.BytesIO()
    with warnings.catch_warnings():
        # torch would rather have its new exporter used; what that writes does not import into Relay.
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"torch\.onnx|tilewright\.models\.export")
        torch.onnx.export(
            loaded.module,
            (example,),
            file,  # pyright: ignore[reportArgumentType]  (this exporter takes a buffer too)
            input_names=[zoo.input_name],
            output_names=[zoo.output_name],
            opset_version=opset,
            dynamic_axes=axes,
            dynamo=False,
        )
    return file.getvalue()
