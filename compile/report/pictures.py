"""What every picture needs before it is drawn."""

from __future__ import annotations

from pathlib import Path

from ..errors import TilewrightError

SUFFIXES = (".png", ".svg", ".pdf")


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
