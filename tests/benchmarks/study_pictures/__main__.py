"""The pictures of docs/STUDIES.md, drawn from its tables, so that they cannot say anything else.

python tests/benchmarks/study_pictures docs/STUDIES.md docs/plots
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from plots import bars, lines, points, share_of
from tables import Table, tables_of
from tilewright.compile.report.pictures import drawing

MNIST = ("LeNet5", "MobileNetV2", "VGG16", "ResNet50")
_TOP = "top-1 of 10,000"


def main(page: Annotated[Path, typer.Argument(exists=True)], to: Path) -> None:
    """Draw them all into the folder `to`."""
    to.mkdir(parents=True, exist_ok=True)
    lprnet(tables_of(page, "LPRNet"), to / "study-lprnet.png")
    resnet18(tables_of(page, "ResNet18"), to / "study-resnet18.png")
    mnist(tables_of(page, "LeNet5 and MobileNetV2"), to / "study-mnist.png")
    tickets(tables_of(page, "LeNet5 and MobileNetV2"), to / "study-tickets.png")
    swiftnet(tables_of(page, "SwiftNet"), to / "study-swiftnet.png")


def lprnet(tables: list[Table], path: Path) -> None:
    """What the best combinations cost, and what each step of scheduling is worth."""
    _, forms, steps = tables
    with drawing(path, (12, 4), columns=3) as (sizes, times, ladder):
        points(sizes, forms, "ONNX, bytes", "other 500", lambda row: row[0].replace("`", ""))
        points(times, forms, "ours, ms", "other 500", None)
        times.sharey(sizes)
        sizes.set_ylabel("plates read, of 500")
        bars(ladder, steps, ("as published", "pruned"))
        ladder.set(yscale="log", ylabel="ms a plate, two threads")


def resnet18(tables: list[Table], path: Path) -> None:
    """Eight bits and pruning, by size and by time; and single weights set to zero."""
    forms, zeros = share_of(tables, "times as fast"), share_of(tables, "of each layer")
    with drawing(path, (12, 4), columns=3) as (sizes, times, zero):
        points(sizes, forms, "ONNX, KB", _TOP, _both)
        points(times, forms, "ours, ms", _TOP, None)
        times.sharey(sizes)
        sizes.set_ylabel("top-1, %")
        lines(zero, zeros, "of the weights are zero")
        zero.set_ylabel("top-1, %, not trained again")


def mnist(tables: list[Table], path: Path) -> None:
    """A panel for each network: accuracy against the file's size."""
    forms = [one for one in tables if "of the whole" in one.names]
    with drawing(path, (10, 8), columns=2, rows=2) as plots:
        for plot, name, table in zip(plots.flat, MNIST, forms, strict=True):
            points(plot, table, "ONNX, KB", _TOP, _both, least=98.0)
            plot.set(title=name, xscale="log", ylabel="top-1, %")


def tickets(tables: list[Table], path: Path) -> None:
    """LeNet5, single weights set to zero and trained again."""
    with drawing(path, (6.5, 4)) as plot:
        lines(plot, share_of(tables, "from initialization"), "of the weights are zero")
        plot.set(title="LeNet5", ylabel="top-1, %")


def swiftnet(tables: list[Table], path: Path) -> None:
    """How often a second, and where an image pyramid's time goes."""
    _, types, parts = tables
    with drawing(path, (10, 4), columns=2) as (speeds, times):
        points(speeds, types, "frames/s", "mIoU", _both)
        speeds.set_ylabel("mIoU, %")
        _stack(times, parts)


def _both(row: Sequence[str]) -> str:
    return f"{row[0]}, {row[1]}".replace(", computed in fp32", "")


def _stack(plot: Any, parts: Table) -> None:
    """A bar for each level of the pyramid, of its blocks."""
    levels = [row for row in parts.rows if row[0] not in ("swiftnet-half", "all of it")]
    left = [0.0] * len(levels)
    for at in range(1, 6):
        widths = [float(row[at]) for row in levels]
        plot.barh(range(len(levels)), widths, left=left, label=parts.names[at])
        left = [one + width for one, width in zip(left, widths, strict=True)]
    plot.set_yticks(range(len(levels)), [row[0].removeprefix("swiftnet-pyramid3, ") for row in levels])
    plot.invert_yaxis()
    plot.set(title="swiftnet-pyramid3", xlabel="ms, one thread")
    plot.legend(fontsize="small")


if __name__ == "__main__":
    typer.run(main)
