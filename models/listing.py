"""What `tilewright models` lists, at once: importing torch and counting take ten seconds.

`summaries.json` is what `python -m tilewright.models.summary` counts; a test compares the two.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

SUMMARIES = Path(__file__).parent / "zoo" / "summaries.json"


@dataclass(frozen=True)
class ModelSummary:
    """One line of the zoo's list.

    `parameters` are those that training changes (BatchNorm's statistics are not); `macs` are multiply-accumulates of
    all convolutions and matrix products for one image.  `datasets` are names for `models.data.load`.
    """

    name: str
    title: str
    parameters: int
    macs: int
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    weights: str
    datasets: tuple[str, ...]


def listed() -> list[ModelSummary]:
    """One for each model of the zoo, by name."""
    rows = json.loads(SUMMARIES.read_text(encoding="utf-8"))
    lists = ("input_shape", "output_shape", "datasets")
    return [ModelSummary(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in rows]
