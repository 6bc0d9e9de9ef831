"""A training log as a section of a page: the loss and what was right, epoch by epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import TilewrightError
from .page import PageTable, Section, as_svg
from .pictures import drawing

LOG_SUFFIX = ".log.jsonl"
_DRAWN = {"loss": "loss", "right": "share that is right, while training", "accuracy": "accuracy, calibration part"}
_FORMATS = {"right": "{:.2%}", "accuracy": "{:.2%}", "rate": "{:.2g}", "seconds": "{:.0f}"}

Line = Mapping[str, Any]


def training_section(path: Path) -> Section:
    """The section of a `.log.jsonl`, a line an epoch.  Raises TilewrightError for what is none."""
    lines = _read(path)
    names = list(dict.fromkeys(name for line in lines for name in line))
    rows = [[_cell(name, line.get(name)) for name in names] for line in lines]
    about = f"{path}: {len(lines)} epochs, {sum(line['seconds'] for line in lines) / 60:.1f} minutes"
    title = path.name.removesuffix(LOG_SUFFIX)
    return Section(title, about, [as_svg(lambda file: _draw(lines, file))], PageTable(names, 0, rows))


def _read(path: Path) -> list[Line]:
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise TilewrightError(f"{path}: {error}") from None
    if not lines or not all(isinstance(line, dict) and {"loss", "seconds"} <= line.keys() for line in lines):
        raise TilewrightError(f"{path}: not a training log: train, prune, distill and quantize-aware write one")
    return lines


def _cell(name: str, value: Any) -> str:
    return "" if value is None else _FORMATS.get(name, "{}").format(value)


def _draw(lines: Sequence[Line], path: Path) -> None:
    """Epochs are counted through the steps of an iterative pruning, which each begin at 1."""
    drawn = [name for name in _DRAWN if any(name in line for line in lines)]
    with drawing(path, (4.5 * len(drawn), 3.2), columns=len(drawn)) as plots:
        for plot, name in zip(plots if len(drawn) > 1 else [plots], drawn, strict=True):
            there = [(number, line[name]) for number, line in enumerate(lines, 1) if name in line]
            plot.plot(*zip(*there, strict=True), "o-", markersize=3)
            plot.set_xlabel("epoch")
            plot.set_title(_DRAWN[name], fontsize=9)
            plot.grid(alpha=0.3)
