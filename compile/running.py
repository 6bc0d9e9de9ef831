"""Run a loaded Bundle on files: arrays, an image, or a folder of images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from .bundle import Bundle
from .errors import TilewrightError
from .files import replacing

_IMAGES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"}


def run_inputs(bundle: Bundle, path: Path, output: Path | None = None) -> Iterator[str]:
    """Run `bundle` on `path` and yield a line of text for each answer.

    `path` is an .npz with the inputs by name, an .npy for a model with one input, an image, or a folder of images in
    the order of their names.  `output` receives the raw outputs as .npz (a folder's joined along the batch).
    Raises TilewrightError for a missing or unreadable file, and for arrays that do not fit the model.
    """
    if not path.exists():
        raise TilewrightError(f"{path}: no such file or folder")
    if path.suffix in (".npy", ".npz"):
        results = bundle.run(_read_arrays(bundle, path))
        yield from _describe_arrays(bundle, results)
    else:
        files = sorted(one for one in path.iterdir() if one.suffix.lower() in _IMAGES) if path.is_dir() else [path]
        if not files:
            raise TilewrightError(f"{path}: no image in this folder")
        parts = []
        for start in range(0, len(files), bundle.manifest.batch):
            batch = files[start : start + bundle.manifest.batch]
            result = _run_images(bundle, batch)
            parts.append(result)
            yield from _describe_images(bundle, batch, result)
        results = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if output is not None:
        with replacing(output) as beside, beside.open("wb") as file:
            np.savez(file, **results)  # pyright: ignore[reportArgumentType]


def _read_arrays(bundle: Bundle, path: Path) -> dict[str, np.ndarray]:
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {bundle.manifest.inputs[0].name: loaded}
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except (ValueError, OSError, EOFError, BadZipFile) as error:
        raise TilewrightError(f"{path}: not an array file that NumPy can read ({error})") from None


def _run_images(bundle: Bundle, files: list[Path]) -> dict[str, np.ndarray]:
    manifest = bundle.manifest
    if manifest.preprocess is None:
        raise TilewrightError(f"Bundle {manifest.name!r} does not say how an image becomes its input: give an .npy")
    pixels = [manifest.preprocess.decode(path) for path in files]
    filled = np.stack([*pixels, *[pixels[-1]] * (manifest.batch - len(pixels))])  # a short last batch
    outputs = bundle.run({manifest.inputs[0].name: manifest.preprocess(filled)})
    return {name: array[: len(files)] for name, array in outputs.items()}


def _describe_images(bundle: Bundle, files: list[Path], result: dict[str, np.ndarray]) -> Iterator[str]:
    postprocess = bundle.manifest.postprocess
    if postprocess is None:
        yield from _describe_arrays(bundle, result)
        return
    answers = postprocess(result[bundle.manifest.outputs[0].name])
    for path, answer in zip(files, answers, strict=True):
        yield f"{path}: {answer}"


def _describe_arrays(bundle: Bundle, results: dict[str, np.ndarray]) -> Iterator[str]:
    for spec in bundle.manifest.outputs:
        array = results[spec.name]
        yield f"{spec}: min {array.min():.6g}, mean {array.mean():.6g}, max {array.max():.6g}"
