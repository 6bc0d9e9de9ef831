"""One image's whole path as a picture: what was decoded, what the network saw, what it said, and the answer."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from ..processing import Postprocess
from ..running import ImageRun
from .pictures import drawing, require_drawable

# For answers in Chinese: the first of these that is installed draws what the default font lacks.
_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "PingFang SC", "SimHei")


def draw_path(run: ImageRun, postprocess: Postprocess, path: Path) -> None:
    """Write the picture to `path` (.png, .svg or .pdf).

    Raises TilewrightError as `drawing` does.
    """
    require_drawable(path)
    import matplotlib

    wide = run.picture.shape[1] > 3 * run.picture.shape[0]
    style = matplotlib.rc_context({"font.family": _fonts(), "font.size": 8, "axes.titlesize": 8})
    with style, drawing(path, (12, 1.6 if wide else 2.4), columns=4) as axes:
        _picture(axes[0], run)
        _tensor(axes[1], run)
        _output(axes[2], run, postprocess)
        _answer(axes[3], run, postprocess)


def _fonts() -> list[str]:
    from matplotlib import font_manager

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it warns of weights that a font lacks
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in _FONTS if name in installed)]


def _show(axes: Any, title: str, image: np.ndarray, **settings: Any) -> None:
    axes.imshow(image, **settings)
    axes.set_title(title)
    axes.set_xticks([])
    axes.set_yticks([])


def _picture(axes: Any, run: ImageRun) -> None:
    height, width, channels = run.picture.shape
    _show(axes, f"decoded: {height} x {width} x {channels}, uint8", run.picture.squeeze(), cmap="gray")


def _tensor(axes: Any, run: ImageRun) -> None:
    """All channels as the network gets them, each value from its lowest (dark) to its highest (bright)."""
    low, high = float(run.tensor.min()), float(run.tensor.max())
    shape = " x ".join(map(str, run.tensor.shape))
    image = ((run.tensor - low) / max(high - low, 1e-9)).transpose(1, 2, 0).squeeze()
    _show(axes, f"network input: {shape}, {low:.2f} to {high:.2f}", image, cmap="gray")


def _output(axes: Any, run: ImageRun, postprocess: Postprocess) -> None:
    """Scores as they come out: for maps, how sure the network is of the best class of each pixel."""
    shape = " x ".join(map(str, run.output.shape))
    title = f"network output: {shape}"
    if postprocess.kind == "segment":
        best = np.sort(run.output, axis=0)
        _show(axes, title, best[-1] - best[-2], cmap="viridis")
        axes.set_xlabel("how far the best class leads")
    elif postprocess.kind == "foreground":
        _show(axes, title, run.output[-1], cmap="viridis")
    else:
        _show(axes, title, np.atleast_2d(run.output), cmap="viridis", aspect="auto")


def _answer(axes: Any, run: ImageRun, postprocess: Postprocess) -> None:
    if isinstance(run.answer, str):
        axes.axis("off")
        axes.set_title("answer")
        axes.text(0.5, 0.5, run.answer, ha="center", va="center", fontsize=26)
        return
    from matplotlib import colormaps
    from matplotlib.patches import Patch

    _show(axes, "answer, over the picture", run.picture.squeeze(), cmap="gray")
    if postprocess.kind == "foreground":
        axes.imshow(np.where(run.answer > 0.5, 1.0, np.nan), cmap="autumn", alpha=0.6)
        return
    colours = colormaps["tab20"]
    axes.imshow(colours(run.answer.astype(int) % colours.N), alpha=0.6)
    present = np.flatnonzero(np.bincount(run.answer.ravel()) > run.answer.size // 200)
    patches = [Patch(color=colours(index % colours.N), label=postprocess.name_of(int(index))) for index in present]
    axes.legend(handles=patches, fontsize=6, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
