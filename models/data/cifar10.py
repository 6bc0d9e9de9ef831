"""CIFAR-10 (Krizhevsky 2009), lossless: ten classes of 32x32 pictures, in `cifar10/`.

Either version of the authors will do: `cifar-10-batches-bin/` or `cifar-10-batches-py/`.
"""

from __future__ import annotations

from .cifar_official import CifarFiles, cifar_source

FILES = CifarFiles(
    name="cifar10",
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    pickles="cifar-10-batches-py",
    binaries="cifar-10-batches-bin",
    labels_key=b"labels",
    label_bytes=1,
    files={"train": tuple(f"data_batch_{number}" for number in range(1, 6)), "test": ("test_batch",)},
)
SOURCE = cifar_source(FILES, "CIFAR-10, ten classes of 32x32 pictures, lossless")
