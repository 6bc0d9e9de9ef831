"""What the user named, a zoo model or an ONNX file, as one thing: a file to read and where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import TilewrightError
from ..files import file_digest
from ..tensor_spec import TensorSpec
from .read_onnx import read_onnx

if TYPE_CHECKING:
    from ...models.zoo import ZooModel


@dataclass(frozen=True)
class Source:
    """`origin` is the file or the zoo name as typed; `zoo` is None for a file from elsewhere."""

    name: str
    origin: str
    sha256: str
    weights: str
    trained: bool
    zoo: ZooModel | None


def is_file(model: str) -> bool:
    """Whether MODEL means an ONNX file: it ends in .onnx, or there is a file of that name."""
    return model.endswith(".onnx") or Path(model).is_file()


def open_source(model: str, folder: Path, batch: int | None, weights: str | Path | None) -> tuple[Source, Path]:
    """Find `model`, exporting a zoo model into `folder`; returns the source and its ONNX file.

    `weights` replaces a zoo model's own weights ("random" draws them).  Raises TilewrightError for an unknown name,
    with the near ones, and for weights that do not fit.
    """
    if is_file(model):
        path = Path(model)
        if weights is not None:
            raise TilewrightError(f"{model}: an ONNX file has its weights inside: leave --weights out")
        if not path.is_file():
            raise TilewrightError(f"{path}: no such file")
        return Source(path.stem, str(path), file_digest(path), "in the file", trained=True, zoo=None), path
    from ...models import zoo

    zoo.get(model)  # an unknown name, or torch missing, in one line
    from ...models.export import export_onnx

    path = folder / f"{model.replace('/', '_')}.onnx"
    exported = export_onnx(model, path, batch=batch or 1, weights=weights)
    source = Source(model, model, file_digest(path), exported.weights, exported.trained, exported.zoo)
    return source, path


def zoo_name(model: str) -> str | None:
    """The zoo model that MODEL is, or was when `tilewright export` wrote the file; None for a file from elsewhere."""
    if not is_file(model):
        return model
    from ...models import zoo

    said = _metadata(read_onnx(Path(model))).get("tilewright.model")
    return said if said in zoo.names() else None


def identify(source: Source, graph: Any, inputs: Sequence[TensorSpec]) -> Source:
    """`source`, with the zoo model it was exported from where the file says so: that knows what surrounds a network.

    `inputs` are those of the ONNX `graph`; a file whose input is no longer the zoo model's is one from elsewhere.
    """
    said = _metadata(graph)
    if source.zoo is not None or "tilewright.model" not in said:
        return source
    from ...models.zoo import find

    zoo = find(said["tilewright.model"])
    found = [(one.name, one.shape[1:]) for one in inputs]
    if zoo is None or found != [(zoo.input_name, tuple(zoo.input_shape[1:]))]:
        return source
    weights = said.get("tilewright.weights", source.weights)
    return replace(source, zoo=zoo, weights=weights, trained=said.get("tilewright.trained") != "false")


def _metadata(graph: Any) -> dict[str, str]:
    return {entry.key: entry.value for entry in graph.metadata_props}
