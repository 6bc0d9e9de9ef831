"""1,000 real Chinese licence plates, 94x24, from sirius-ai/LPRNet_Pytorch (Apache-2.0), in `lprnet/test`.

A file's name is its label.  There is no training part, so the plates, sorted by name, are cut in two: calibrate and
choose on the first 500 (`calibration`), report on the other 500 (`test`).  A model that nothing was calibrated for,
as the published fp32 one, is reported on all 1,000 (`all`).
"""

from __future__ import annotations

from pathlib import Path

from ...compile.errors import TilewrightError
from .dataset import Dataset, DatasetSource, labelled
from .folder import data_file, data_folder
from .pictures import from_folder

_FOLDER = "lprnet/test"
_COUNT = 1000
_PARTS = {"all": slice(0, _COUNT), "calibration": slice(0, 500), "test": slice(500, _COUNT)}


def _files() -> list[Path]:
    """All plates, sorted by name, so that the parts are the same everywhere."""
    folder = data_file(_FOLDER, "data set lprnet-plates")
    files = sorted(folder.glob("*.jpg"), key=lambda path: path.name)
    if len(files) != _COUNT:
        raise TilewrightError(f"{folder} holds {len(files)} plates, not {_COUNT}: get the folder again")
    return files


def _read(part: str) -> Dataset:
    files = _files()[_PARTS[part]]
    labels = [path.stem for path in files]
    return labelled("lprnet-plates", part, labels, from_folder(files), metric="exact_plate")


SOURCE = DatasetSource(
    name="lprnet-plates",
    title="1,000 Chinese licence plates",
    parts={
        "all": "all 1,000, for a model that nothing was calibrated for",
        "calibration": "the first 500 by name, to calibrate and to choose on",
        "test": "the other 500, to report on after that",
    },
    is_available=lambda: (data_folder() / _FOLDER).is_dir(),
    read=_read,
    whole="all",
    folder="lprnet",
)
