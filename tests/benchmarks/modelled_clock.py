"""How far to trust the modelled clock: whole networks beside published times, and claims with every constant moved.

    tilewright bench mobilenetv2 resnet18 resnet50 vgg16 --target rpi4 --board box --json rpi4.json    (and rpi3, rpi5)
    python tests/benchmarks/modelled_clock.py rpi3.json rpi4.json rpi5.json

All engines run with one thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from tilewright.compile.boards.cost.clock import modelled_cycles, modelled_seconds, variants
from tilewright.compile.boards.cost.core_model import Core
from tilewright.compile.boards.cost.cores import CORES
from tilewright.compile.boards.cost.counts import Counts, from_json
from tilewright.compile.targets import resolve

Row = dict[str, Any]
# Milliseconds published for fp32 networks of 224x224 pixels, of other engines with four threads: ncnn's on the Pi 5 and
# the Pi 4, AutoTVM's on the Pi 3B.
PUBLISHED = {
    "rpi5": {"mobilenetv2": 10.5, "resnet18": 20.0, "resnet50": 46.2, "vgg16": 129},
    "rpi4": {"mobilenetv2": 61.9, "resnet18": 123, "resnet50": 263, "vgg16": 547},
    "rpi3": {"mobilenetv2": 104, "resnet18": 323, "resnet50": 726, "vgg16": 1760},
}


def _core(row: Row) -> Core:
    return CORES[str(resolve(row["target"]).machine)]


def _counts(row: Row) -> Counts:
    return from_json(row["modelled"]["counts"])


def trust_table(rows: list[Row]) -> Table:
    """Modelled times beside published ones: rank correlation, and the error left after one factor a device."""
    table = Table("target", "engine", "networks", "Spearman", "factor", "typical error", "largest error", box=None)
    for target, published in PUBLISHED.items():
        for engine in ("tvm", "onnxruntime"):
            found = [
                row
                for row in rows
                if (row["target"], row["engine"], row["precision"]) == (target, engine, "fp32")
                and row["model"] in published
            ]
            if len(found) < 2:
                continue
            modelled = np.array([modelled_seconds(_counts(row), _core(row)) * 1e3 for row in found])
            real = np.array([published[row["model"]] for row in found])
            rank, factor, errors = compare(modelled, real)
            shown = (f"{rank:.2f}", f"{factor:.2f}", f"{np.median(errors):.0%}", f"{errors.max():.0%}")
            table.add_row(target, engine, ", ".join(row["model"] for row in found), *shown)
    return table


def compare(modelled: np.ndarray, real: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Spearman's rank correlation, the geometric mean of modelled / real, and each one's error after that factor."""
    ranks = [values.argsort().argsort().astype(float) for values in (modelled, real)]
    logarithms = np.log(modelled / real)
    errors = np.exp(np.abs(logarithms - logarithms.mean())) - 1
    return float(np.corrcoef(*ranks)[0, 1]), float(np.exp(logarithms.mean())), errors


def ratios_table(rows: list[Row]) -> Table:
    """Modelled milliseconds of both engines, and ours over theirs of everything that was counted."""
    names = ("cycles", "instructions", "loads + stores", "multiply-adds", "L1 misses", "L2 misses")
    table = Table("model", "target", "precision", "tvm ms", "onnxruntime ms", *names, box=None)
    for ours, theirs in pairs(rows):
        core = _core(ours)
        found = [[modelled_cycles(_counts(row), core), *_quantities(_counts(row))] for row in (ours, theirs)]
        milliseconds = [modelled_seconds(_counts(row), core) * 1e3 for row in (ours, theirs)]
        ratios = (f"{one / other:.2f}" for one, other in zip(*found, strict=True))
        table.add_row(*_case(ours), *(f"{value:.3g}" for value in milliseconds), *ratios)
    return table


def _quantities(counts: Counts) -> list[float]:
    return [
        counts.instructions,
        counts.loads + counts.stores,
        counts.multiply_adds,
        counts.l1_misses,
        counts.l2_misses,
    ]


def pairs(rows: list[Row]) -> Iterator[tuple[Row, Row]]:
    """Our row and ONNX Runtime's of the same case."""
    for ours in (row for row in rows if row["engine"] == "tvm"):
        yield from ((ours, row) for row in rows if row["engine"] == "onnxruntime" and _case(row) == _case(ours))


def claims_table(rows: list[Row]) -> Table:
    """ONNX Runtime's cycles over ours, with the constants as published and each alone halved and raised by half."""
    columns = ("published", "least", "with", "most", "with")
    table = Table("model", "target", "precision", *columns, "holds", box=None)
    for ours, theirs in pairs(rows):
        ratios = ratios_of(_counts(ours), _counts(theirs), _core(ours))
        least, most = min(ratios, key=ratios.__getitem__), max(ratios, key=ratios.__getitem__)
        holds = (ratios[least] > 1) == (ratios[most] > 1)
        shown = (f"{ratios[least]:.2f}", least, f"{ratios[most]:.2f}", most, "yes" if holds else "no")
        table.add_row(*_case(ours), f"{ratios['published']:.2f}", *shown)
    return table


def _case(row: Row) -> tuple[str, str, str]:
    return row["model"], row["target"], row["precision"]


def ratios_of(ours: Counts, theirs: Counts, core: Core) -> dict[str, float]:
    """Their modelled cycles over ours, by which constant was moved."""
    return {name: modelled_cycles(theirs, core, name) / modelled_cycles(ours, core, name) for name in variants(core)}


def main(files: list[Path]) -> None:
    """Print the tables of the rows in `files`."""
    rows = [row for file in files for row in json.loads(file.read_text()) if row["modelled"]]
    for table in (ratios_table(rows), trust_table(rows), claims_table(rows)):
        Console(width=150).print(table)


if __name__ == "__main__":
    typer.run(main)
