"""What the user named, a zoo model or an ONNX file, as one thing: a file to read and where it came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import TilewrightError

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
        return Source(path.stem, str(path), _sha256(path), "in the file", trained=True, zoo=None), path
    from ...models import zoo

    zoo.get(model)  # an unknown name, or torch missing, in one line
    from ...models.export import export_onnx

    path = folder / f"{model.replace('/', '_')}.onnx"
    exported = export_onnx(model, path, batch=batch or 1, weights=weights)
    source = Source(model, model, _sha256(path), exported.weights, exported.trained, exported.zoo)
    return source, path


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
