"""Run a loaded Bundle on files: arrays, an image, or a folder of images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from .bundle import Bundle
from .errors import TilewrightError
from .files import replacing
from .processing import describe, read_picture
from .processing.picture import SUFFIXES


@dataclass(frozen=True)
class ImageRun:
    """One image's whole path: decoded `picture` (H, W, C), the network's `tensor` and raw `output`, the `answer`.

    `tensor` and `output` are without the batch axis; `answer` is a text, or a map of the picture's size; `text` says
    it in words.
    """

    path: Path
    picture: np.ndarray
    tensor: np.ndarray
    output: np.ndarray
    answer: str | np.ndarray
    text: str


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
        files = sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
        if not files:
            raise TilewrightError(f"{path}: no image in this folder")
        parts = []
        for start in range(0, len(files), bundle.manifest.batch):
            runs, outputs = run_images(bundle, files[start : start + bundle.manifest.batch])
            parts.append(outputs)
            yield from (f"{one.path}: {one.text}" for one in runs)
        results = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if output is not None:
        with replacing(output) as beside, beside.open("wb") as file:
            np.savez(file, **results)  # pyright: ignore[reportArgumentType]


def draw_image(bundle: Bundle, path: Path, picture: Path) -> None:
    """Run `bundle` on one image and draw its whole path as `picture`.  Raises TilewrightError for anything else."""
    from .report.path_picture import draw_path

    if path.is_dir() or path.suffix in (".npy", ".npz"):
        raise TilewrightError(f"--picture shows the path of one image: {path} is none")
    (run, *_), _ = run_images(bundle, [path])
    assert bundle.manifest.postprocess is not None
    draw_path(run, bundle.manifest.postprocess, picture)


def _read_arrays(bundle: Bundle, path: Path) -> dict[str, np.ndarray]:
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {bundle.manifest.inputs[0].name: loaded}
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except (ValueError, OSError, EOFError, BadZipFile) as error:
        raise TilewrightError(f"{path}: not an array file that NumPy can read ({error})") from None


def run_images(bundle: Bundle, files: Sequence[Path]) -> tuple[list[ImageRun], dict[str, np.ndarray]]:
    """Run `bundle` on up to as many image files as its batch holds; returns each one's path, and all raw outputs.

    Raises TilewrightError for a file that is no image, and a Bundle that does not say what surrounds its network.
    """
    manifest = bundle.manifest
    before, after = manifest.preprocess, manifest.postprocess
    if before is None or after is None:
        raise TilewrightError(f"Bundle {manifest.name!r} does not say how an image becomes its input: give an .npy")
    pictures = [read_picture(file) for file in files]
    tensors = before(pictures)
    filled = np.concatenate([tensors, *[tensors[-1:]] * (manifest.batch - len(files))])  # a short last batch
    outputs = {name: rows[: len(files)] for name, rows in bundle.run({manifest.inputs[0].name: filled}).items()}
    first = outputs[manifest.outputs[0].name]
    answers = [before.restored(one, *picture.shape[:2]) for one, picture in zip(after(first), pictures, strict=True)]
    runs = [
        ImageRun(*parts, text=describe(parts[-1], after))
        for parts in zip(files, pictures, tensors, first, answers, strict=True)
    ]
    return runs, outputs


def _describe_arrays(bundle: Bundle, results: dict[str, np.ndarray]) -> Iterator[str]:
    for spec in bundle.manifest.outputs:
        array = results[spec.name]
        yield f"{spec}: min {array.min():.6g}, mean {array.mean():.6g}, max {array.max():.6g}"
