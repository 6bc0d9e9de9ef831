"""From the published files to what the loaders read; each function works inside the new folder.

Nothing is lost: pixels stay what they were, and JPEGs are stored byte for byte.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

_NUCLEI_SIZE = (256, 256)


def pack_mnist(folder: Path) -> None:
    """`PART/CLASS/INDEX.png` to mnist.npz: x_train, y_train, x_test, y_test, all uint8, in the order of the index."""
    arrays: dict[str, np.ndarray] = {}
    for part in ("train", "test"):
        files = sorted((folder / part).glob("*/*.png"), key=lambda path: int(path.stem))
        arrays[f"x_{part}"] = np.stack([_pixels(path, "L") for path in files])
        arrays[f"y_{part}"] = np.array([int(path.parent.name) for path in files], np.uint8)
        shutil.rmtree(folder / part)
    np.savez_compressed(folder / "mnist.npz", **arrays)  # pyright: ignore[reportArgumentType]


def zip_cifar10_jpeg(folder: Path) -> None:
    """`train/CLASS/NNNN.jpg` to train.zip, `test/CLASS/NNNN.jpg` to test.zip (there without the outer folder)."""
    _zip(folder / "train", folder)
    _zip(folder / "test", folder / "test")


def zip_imagenet(folder: Path) -> None:
    """`images/*.JPEG` to images.zip, without the outer folder."""
    _zip(folder / "images", folder / "images")


def pack_nuclei(folder: Path) -> None:
    """`stage1_train/ID/{images,masks}/*.png` to nuclei256.npz, the images of 256x256 only, sorted by ID.

    images (N, 256, 256, 3) uint8; masks (N, 256, 32) uint8, the union of an image's masks, bits packed along a row;
    ids (N,).
    """
    images: dict[str, np.ndarray] = {}
    masks: list[np.ndarray] = []
    for one in sorted((folder / "stage1_train").iterdir()):
        (path,) = (one / "images").glob("*.png")
        with Image.open(path) as image:
            if image.size != _NUCLEI_SIZE:
                continue
        images[one.name] = _pixels(path, "RGB")
        inside = [_pixels(mask, "L") > 0 for mask in (one / "masks").glob("*.png")]
        masks.append(np.packbits(np.logical_or.reduce(inside), axis=-1))
    shutil.rmtree(folder / "stage1_train")
    stacked = {"images": np.stack(list(images.values())), "masks": np.stack(masks), "ids": np.array(list(images))}
    np.savez_compressed(folder / "nuclei256.npz", **stacked)  # pyright: ignore[reportArgumentType]


def drive_to_webp(folder: Path) -> None:
    """`NN_test.tif` to lossless `NN_test.webp`."""
    for path in sorted(folder.glob("*.tif")):
        with Image.open(path) as image:
            image.save(path.with_suffix(".webp"), lossless=True)
        path.unlink()


def _pixels(path: Path, mode: str) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert(mode))


def _zip(folder: Path, root: Path) -> None:
    """All files below `folder`, named from `root`, to `folder`.zip, which is the same byte for byte each time."""
    with zipfile.ZipFile(f"{folder}.zip", "w", zipfile.ZIP_STORED) as file:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            file.writestr(zipfile.ZipInfo(path.relative_to(root).as_posix()), path.read_bytes())
    shutil.rmtree(folder)
