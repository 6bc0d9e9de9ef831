"""The pictures that ranges are chosen by: never those that a result is reported on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from ..errors import TilewrightError
from ..evaluating.choose import DataChoice, choose_data
from ..importing.source import Source
from ..processing import Preprocess, read_picture
from ..processing.picture import SUFFIXES
from ..tensor_spec import TensorSpec, random_inputs

if TYPE_CHECKING:
    from ...models.data import Dataset

PART = "calibration"
_MOST_PICTURES = 300
_RANDOM_RUNS = 8


@dataclass(frozen=True)
class Calibration:
    """Inputs of a network, run after run; going through it again gives the same.  `origin` says what they are."""

    origin: str
    runs: int
    read: Callable[[int], dict[str, np.ndarray]]

    def first(self, runs: int) -> list[dict[str, np.ndarray]]:
        """The inputs of the first runs: all, where there are fewer."""
        return [self.read(number) for number in range(min(runs, self.runs))]

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        for number in range(self.runs):
            yield self.read(number)


def calibration_data(
    source: Source, specs: Sequence[TensorSpec], named: str | None = None, limit: int | None = None
) -> Calibration:
    """The calibration data `named`: a data set, an .npy or .npz file, a folder of pictures.

    None: the model's own data set's part "calibration", or random values for random weights.  At most `limit` pictures
    (300 unless said).  Raises TilewrightError where there is none, or it does not fit the network.
    """
    most = limit or _MOST_PICTURES
    if named is not None and Path(named).suffix in (".npy", ".npz"):
        return _of_arrays(Path(named), specs, most)
    if named is not None and (Path(named).is_dir() or "/" in named):
        return _of_folder(source, specs, Path(named), most)
    if named is None and not source.trained:
        drawn = min(most, _RANDOM_RUNS)
        return Calibration(f"{drawn} random inputs", drawn, lambda number: random_inputs(specs, number))
    if source.zoo is None:
        raise TilewrightError(
            f"{source.origin}: name calibration data with --calib: an .npz of inputs, (pictures, {_sizes(specs[0])})"
        )
    data = choose_data(source.zoo.name, source.zoo.datasets, DataChoice(named, PART, most))
    if data is None:
        known = ", ".join(source.zoo.datasets) or "none"
        raise TilewrightError(f"no data set of {source.name} is here ({known}): name calibration data with --calib")
    return _of_dataset(source.zoo.preprocess, specs, data)


def _of_dataset(preprocess: Preprocess, specs: Sequence[TensorSpec], data: Dataset) -> Calibration:
    batch = specs[0].shape[0]

    def read(number: int) -> dict[str, np.ndarray]:
        return {specs[0].name: preprocess(data.images(number * batch, (number + 1) * batch))}

    runs = len(data) // batch
    return Calibration(f"{data.name}/{data.part}, {runs * batch} pictures", runs, read)


def _of_folder(source: Source, specs: Sequence[TensorSpec], folder: Path, most: int) -> Calibration:
    zoo = source.zoo
    if zoo is None:
        raise TilewrightError(f"{folder}: how a picture becomes an input of {source.origin} is not known: give an .npz")
    if not folder.is_dir():
        raise TilewrightError(f"{folder}: no such folder")
    files = sorted(one for one in folder.iterdir() if one.suffix.lower() in SUFFIXES)[:most]
    batch = specs[0].shape[0]

    def read(number: int) -> dict[str, np.ndarray]:
        pictures = [read_picture(file) for file in files[number * batch : (number + 1) * batch]]
        return {specs[0].name: zoo.preprocess(pictures)}

    runs = len(files) // batch
    return Calibration(f"{folder}, {runs * batch} pictures", runs, read)


def _of_arrays(path: Path, specs: Sequence[TensorSpec], most: int) -> Calibration:
    arrays = _read_arrays(path, specs)
    for spec in specs:
        wanted, found = spec.shape[1:], arrays[spec.name].shape
        if found[1:] != wanted or arrays[spec.name].dtype.kind not in "fiub":
            raise TilewrightError(f"{path}: {spec.name!r} has shape {found}, (pictures, {_sizes(spec)}) is needed")
        if not np.isfinite(arrays[spec.name]).all():
            raise TilewrightError(f"{path}: {spec.name!r} has values that are infinite or not a number")
    batch = specs[0].shape[0]
    runs = min(most, *map(len, arrays.values())) // batch

    def read(number: int) -> dict[str, np.ndarray]:
        return {
            spec.name: arrays[spec.name][number * batch : (number + 1) * batch].astype(spec.dtype) for spec in specs
        }

    return Calibration(f"{path}, {runs * batch} pictures", runs, read)


def _read_arrays(path: Path, specs: Sequence[TensorSpec]) -> dict[str, np.ndarray]:
    try:
        loaded = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise TilewrightError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError, BadZipFile):
        raise TilewrightError(f"{path}: not a NumPy file, or a damaged one") from None
    if isinstance(loaded, np.ndarray):
        loaded = {specs[0].name: loaded}
    missing = [spec.name for spec in specs if spec.name not in loaded]
    if missing:
        raise TilewrightError(f"{path}: there is no array {missing[0]!r}, an input of the network")
    return {spec.name: loaded[spec.name] for spec in specs}


def _sizes(spec: TensorSpec) -> str:
    return ", ".join(map(str, spec.shape[1:]))
