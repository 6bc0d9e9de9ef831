"""Schedules in words."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

_LONG = 100


def config_text(config: Mapping[str, Any]) -> str:
    """A kernel's config as "rows=1 columns=14"; a trace of MetaSchedule's, which is pages long, by a short name."""
    return " ".join(f"{name}={_short(str(value))}" for name, value in config.items())


def _short(value: str) -> str:
    return value if len(value) < _LONG else sha256(value.encode()).hexdigest()[:8]


def layer_text(layer: Mapping[str, Any]) -> str:
    """A layer's key as "conv2d 64x56x56 -> 64 filters, 3x3, stride 1": what differs from the usual only."""
    left = f", {layer['blocks']} blocks" if "blocks" in layer else ""  # of sparse weights
    if "outputs" in layer:
        return f"{layer['layer']} {layer['rows']}x{layer['inputs']} -> {layer['outputs']}{left}"
    kernel = "x".join(map(str, layer.get("kernel", (1, 1))))
    size = f"{layer['batch']}x{layer['channels']}x{layer['height']}x{layer['width']}"
    gives = layer["what"] if layer["layer"] == "pool2d" else f"{layer['filters']} filters"
    text = f"{layer['layer']} {size} -> {gives}, {kernel}{left}"
    if layer.get("strides", [1, 1]) != [1, 1]:
        text += f", stride {'x'.join(map(str, layer['strides']))}"
    if any(layer.get("pads", [])):
        text += f", pads {','.join(map(str, layer['pads']))}"
    if layer.get("dilations", [1, 1]) != [1, 1]:
        text += f", dilation {'x'.join(map(str, layer['dilations']))}"
    if layer.get("groups", 1) > 1:
        text += f", {layer['groups']} groups"
    return text
