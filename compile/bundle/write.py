"""Write a Bundle: into a folder beside its place, renamed when it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..errors import TilewrightError
from ..files import replacing
from .manifest import FILE
from .sparse import pack

PARAMS = "params.npz"


@contextmanager
def new_bundle(path: Path) -> Iterator[Path]:
    """A fresh folder to build a Bundle in; it takes the place of `path` when no error was raised.

    Raises TilewrightError when `path` cannot be written or is something else than a Bundle.
    """
    if path.exists() and not (path / FILE).is_file() and not (path.is_dir() and not any(path.iterdir())):
        raise TilewrightError(f"{path}: exists and is no Bundle: choose another place with -o, or remove it")
    with replacing(path, folder=True) as folder:
        folder.mkdir()
        yield folder


def write_params(params: dict[str, np.ndarray], folder: Path) -> None:
    """The plain weights, by name, as an uncompressed .npz: NumPy reads it without pickle.

    Number i is the array `p<i>`; where most of it is zero, `p<i>` holds the others, `bits<i>` which they are and
    `shape<i>` its shape.
    """
    # Names may hold slashes, which savez would take for folders, or clash with its own arguments: number the arrays.
    arrays: dict[str, np.ndarray] = {"names": np.array(list(params), dtype=np.str_)}
    for index, array in enumerate(params.values()):
        if (sparse := pack(array)) is None:
            arrays[f"p{index}"] = np.require(array, requirements="C")
        else:
            arrays[f"bits{index}"], arrays[f"p{index}"] = sparse
            arrays[f"shape{index}"] = np.array(array.shape, dtype=np.int64)
    np.savez(folder / PARAMS, **arrays)  # pyright: ignore[reportArgumentType]
