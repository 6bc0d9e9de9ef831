"""1,300 pictures of ImageNet's validation part (ILSVRC2012), 227x227 RGB, in `imagenet-val1300/`; not to be published.

They are easier than the whole part: good for the difference between two precisions, never for "ImageNet accuracy".
`dataset.txt` has a line `./data/NAME, INDEX` for each picture in `images.zip`; a label is the index, as a text.
"""

from __future__ import annotations

import re

from ...compile.errors import TilewrightError
from .dataset import Dataset, DatasetSource, labelled
from .folder import data_file, data_folder
from .pictures import from_zip, members

_FOLDER = "imagenet-val1300"
_COUNT = 1300
_PARTS = {"all": slice(0, _COUNT), "calibration": slice(0, 300), "test": slice(300, _COUNT)}
_LINE = re.compile(r"^\./data/(\S+), ([0-9]{1,3})$", re.MULTILINE)


def _labels() -> dict[str, str]:
    """The label of each picture, by its name in the zip file, sorted by name."""
    path = data_file(f"{_FOLDER}/dataset.txt", "data set imagenet-val1300")
    labels = dict(_LINE.findall(path.read_text(encoding="ascii", errors="replace")))
    if len(labels) != _COUNT:
        raise TilewrightError(f"{path} has labels for {len(labels)} pictures, not {_COUNT}: get the file again")
    return dict(sorted(labels.items()))


def _read(part: str) -> Dataset:
    labels = _labels()
    path = data_file(f"{_FOLDER}/images.zip", "data set imagenet-val1300")
    names = members(path, ".JPEG")
    if names != list(labels):
        raise TilewrightError(f"{path} does not hold the very pictures of dataset.txt: get both files again")
    chosen = names[_PARTS[part]]
    return labelled("imagenet-val1300", part, [labels[name] for name in chosen], from_zip(path, chosen))


SOURCE = DatasetSource(
    name="imagenet-val1300",
    title="1,300 easy ones of ImageNet's validation pictures, 1000 classes",
    parts={
        "all": "all 1,300, for a model that nothing was calibrated for",
        "calibration": "the first 300 by name, to calibrate and to choose on",
        "test": "the other 1,000, to report on after that",
    },
    is_available=lambda: (data_folder() / _FOLDER / "images.zip").exists(),
    read=_read,
    whole="all",
    folder=_FOLDER,
)
