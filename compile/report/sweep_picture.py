"""A sweep as parallel coordinates: an axis for each setting that varies and for each result, a line for each point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import TilewrightError
from ..sweeping.results import Result
from ..sweeping.summary import COLUMNS, summary_of
from .pictures import drawing

_LEFT_OUT = ("threads",)


@dataclass(frozen=True)
class _Axis:
    """`values` of the points, None where one has none; `labels` are (place from 0 to 1, text)."""

    name: str
    values: Sequence[float | None]
    labels: Sequence[tuple[float, str]]


def draw_sweep(results: Sequence[Result], path: Path) -> None:
    """Write the picture to `path` (.png, .svg or .pdf); the lines' colours are their accuracies.

    Raises TilewrightError as `drawing` does, and when the points are all alike.
    """
    axes = axes_of(results)
    if len(axes) < 2:
        raise TilewrightError(f"{path}: not drawn: the points that are done are all alike")
    shades = next((one.values for one in axes if one.name == "accuracy"), axes[-1].values)
    with drawing(path, (1.6 * len(axes), 4)) as plot:
        from matplotlib import colormaps

        for number, shade in enumerate(shades):
            heights = [math.nan if (value := one.values[number]) is None else value for one in axes]
            if shade is not None:
                plot.plot(range(len(axes)), heights, color=colormaps["viridis"](0.9 * shade), alpha=0.8)
        for place, one in enumerate(axes):
            _draw(plot, place, one)
        plot.set_xticks(range(len(axes)), [one.name.replace("_", " ") for one in axes])
        plot.set_yticks([])
        plot.set_xlim(-0.2, len(axes) - 0.4)
        for side in ("top", "right", "left", "bottom"):
            plot.spines[side].set_visible(False)


def _draw(plot: Any, place: int, axis: _Axis) -> None:
    plot.axvline(place, color="0.7", linewidth=1, zorder=0)
    for height, text in axis.labels:
        style: dict[str, Any] = {"fontsize": 7, "color": "0.25", "va": "center", "textcoords": "offset points"}
        style["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5}
        plot.annotate(text, (place, height), (3, 0), **style)


def axes_of(results: Sequence[Result]) -> list[_Axis]:
    """Of the points that are done: settings first, in the file's order; what all have alike is left out."""
    done = [one for one in results if one.state == "done"]
    settings = list(dict.fromkeys(name for one in done for name in one.settings))
    found = [_of_words(name, [str(one.settings.get(name, "-")) for one in done]) for name in settings]
    summaries = [summary_of(one) for one in done]
    found += [
        _of_numbers(name, [one.get(name) for one in summaries], text)
        for name, text in COLUMNS.items()
        if name not in _LEFT_OUT
    ]
    return [one for one in found if len({value for value in one.values if value is not None}) > 1]


def _of_words(name: str, values: list[str]) -> _Axis:
    """Each value a place of its own, in the order they come."""
    known = list(dict.fromkeys(values))
    places = {value: place / max(1, len(known) - 1) for place, value in enumerate(known)}
    return _Axis(name, [places[value] for value in values], [(place, value) for value, place in places.items()])


def _of_numbers(name: str, values: list[float | None], text: str) -> _Axis:
    there = [value for value in values if value is not None]
    if not there:
        return _Axis(name, values, [])
    low, high = min(there), max(there)
    span = (high - low) or 1.0
    labels = [(0.0, text.format(low)), (0.5, text.format((low + high) / 2)), (1.0, text.format(high))]
    return _Axis(name, [None if value is None else (value - low) / span for value in values], labels)
