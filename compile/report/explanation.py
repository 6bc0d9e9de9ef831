"""Layers and the choices for them as tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from ..explaining.computed_types import ComputedTypes
from ..explaining.explain import Choice, Explanation, LayerChoices
from ..explaining.inner_loop import multiply_adds
from ..schedule_text import config_text, layer_text
from ..tuning.choice import Ground

_MOST = 12


def layers_table(model: str, layers: Sequence[LayerChoices]) -> Table:
    """One row a different layer: what computes it, and on what ground that was chosen."""
    table = Table(title=model, title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("layer", justify="right")
    for column in ("computes", "kernel", "config"):
        table.add_column(column, no_wrap=True)
    table.add_column("us", justify="right", no_wrap=True)
    table.add_column("chosen", no_wrap=True)
    for number, one in enumerate(layers, 1):
        chosen = one.choices[0]
        text = layer_text(json.loads(one.key))
        table.add_row(str(number), text, chosen.kernel, config_text(chosen.config), _times(chosen), _ground(one))
    return table


def types_table(layers: Sequence[ComputedTypes]) -> Table:
    """One row a layer of the file: the types it multiplies and adds up in, and why."""
    counts = Counter(one.data for one in layers)
    said = ", ".join(f"{count} on {name}" for name, count in counts.most_common())
    title = f"{len(layers)} layers: {said}"
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in ("layer", "operator", "data", "weights", "sums", "why"):
        table.add_column(column, no_wrap=True)
    for one in layers:
        table.add_row(one.node, one.operator, one.data, one.weight, one.sums, one.why)
    return table


def choices_table(one: Explanation) -> Table:
    """The chosen candidate, then the others, the fastest first."""
    loop = f"inner loop: {len(one.loop)} lines, {multiply_adds(list(one.loop))} multiply-adds"
    title = f"chosen: {_ground(one)}; {loop}"
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("kernel", no_wrap=True)
    table.add_column("config", no_wrap=True)
    table.add_column("us by threads", justify="right", no_wrap=True)
    for number, choice in enumerate(one.choices[:_MOST]):
        style = "bold" if number == 0 else ""
        table.add_row(choice.kernel, config_text(choice.config), _times(choice) or "no record", style=style)
    if len(one.choices) > _MOST:
        table.add_row(f"{len(one.choices) - _MOST} more", "", "")
    return table


def _ground(one: LayerChoices) -> str:
    """Why the first choice is the first."""
    if len(one.choices) == 1:
        return "the only one"
    first = "first of its kernel (no record)"
    grounds: dict[Ground, str] = {
        "preferred": f"needs less memory than the {'fastest' if one.measured else first}",
        "unknown": first,
        "doubted": "as without a record: what is fastest on another CPU is so by less than 15 %",
        "beaten": "as without a record: it was faster in this network than the fastest on record, in turns with it",
        "fastest": f"best of {one.measured} measured",
    }
    return grounds[one.ground]


def _times(choice: Choice) -> str:
    return ", ".join(f"{count}: {time:.0f}" for count, time in sorted(choice.microseconds.items()))
