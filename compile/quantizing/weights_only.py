"""Weights in fewer bits, for size: the network computes in fp32, on weights that are unpacked when it is loaded.

Nothing is calibrated.  A filter's weights, or groups of them, have a scale of their own, so that the error of one is no
larger for what another weighs; biases and small weights, which would gain nothing, stay fp32.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import TilewrightError, unknown_name
from ..files import replacing
from ..importing.source import Source
from ..progress import Progress, silent
from ..storing import FORMS, HALF
from .floating import Floating, read_floating
from .weights import filter_axes
from .write_stored import write_half, write_levels

KINDS = (HALF, *FORMS)
_LEAST_VALUES = 128  # a packed weight is two arrays in a Bundle; one more takes 230 bytes
_LEAST_GROUP = 16


@dataclass(frozen=True)
class WeightsOnly:
    """An ONNX graph (onnx.ModelProto) with `stored` of its layers' `values` weights in `form`."""

    source: Source
    graph: Any
    form: str
    stored: int
    values: int

    @property
    def coverage(self) -> str:
        """How many of the weights have the form."""
        return f"{self.stored:,} of {self.values:,} weights {self.form}"


def quantize_weights(
    model: str | Path,
    output: Path,
    form: str,
    group: int | None = None,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    weights: str | Path | None = None,
    progress: Progress = silent,
) -> WeightsOnly:
    """Store the weights of a zoo model or an fp32 ONNX file in `form` and write it to `output`, an ONNX file.

    `group` is how many weights of a filter share a scale (None: as suits the form).  Raises TilewrightError for an
    unknown form, a bad group, a model that is quantized already and weights that do not fit; nothing is written then.
    """
    require_form(form, group)
    with replacing(output) as beside:
        floating = read_floating(str(model), batch, shapes, weights)
        progress(f"storing the weights as {form}")
        done = store_weights(floating, form, group)
        beside.write_bytes(done.graph.SerializeToString())
    return done


def store_weights(floating: Floating, form: str, group: int | None = None) -> WeightsOnly:
    """The graph of `floating`, which changes, with its weights in `form`.  Raises as `quantize_weights`."""
    axes = filter_axes(floating.graph)
    sizes = {name: array.size for name, (array, _) in axes.items()}
    chosen = {name: one for name, one in axes.items() if sizes[name] >= _LEAST_VALUES}
    if form == HALF:
        graph = write_half(floating.graph, list(chosen), floating.source.origin)
    else:
        graph = write_levels(floating.graph, chosen, FORMS[form], group or FORMS[form].group, floating.source.origin)
    note = json.dumps({"weights": form, "group": group})
    graph.metadata_props.add(key="tilewright.quantization", value=note)
    return WeightsOnly(floating.source, graph, form, sum(sizes[name] for name in chosen), sum(sizes.values()))


def require_form(form: str, group: int | None) -> None:
    """Raises TilewrightError for an unknown form, and for a group that is too small or means nothing."""
    if form not in KINDS:
        raise unknown_name("form of weights", form, KINDS)
    if group is not None and form == HALF:
        raise TilewrightError("--group: fp16 weights have no scales: leave it out")
    if group is not None and group < _LEAST_GROUP:
        raise TilewrightError(f"--group {group}: {_LEAST_GROUP} weights or more, or the scales take too much")
