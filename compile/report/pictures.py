"""What every picture needs before it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import TilewrightError
from ..files import replacing

SUFFIXES = (".png", ".svg", ".pdf")
_DOTS_PER_INCH = 110


@contextmanager
def drawing(path: Path, size: tuple[float, float], columns: int = 1, rows: int = 1) -> Iterator[Any]:
    """One of matplotlib's axes, or a row of them for several `columns`, or `rows` of rows, of `size` inches together.

    They are written to `path` when no error was raised.  Raises TilewrightError when `require_drawable` does, or the
    file cannot be written.
    """
    require_drawable(path)
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(rows, columns, figsize=size, layout="constrained")
    try:
        yield axes
        with replacing(path) as beside:
            figure.savefig(beside, format=path.suffix[1:], dpi=_DOTS_PER_INCH)
    finally:
        pyplot.close(figure)


def require_drawable(path: Path) -> None:
    """Set matplotlib up to draw without a screen.

    Raises TilewrightError for a name that is no picture's, and where matplotlib is missing.
    """
    if path.suffix not in SUFFIXES:
        raise TilewrightError(f"{path}: a picture is written as .png, .svg or .pdf")
    try:
        import matplotlib
    except ModuleNotFoundError:
        raise TilewrightError("--picture needs matplotlib: pip install 'tilewright[report]'") from None
    matplotlib.use("Agg")
