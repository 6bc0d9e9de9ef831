"""Give the tensors that meet in a concatenation one range, so that joining them is a copy and no arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .statistics import Range

_SAME = {"Concat", "MaxPool", "Relu", "Clip", "Resize", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze"}


def join_ranges(model: Any, ranges: Mapping[str, Range]) -> dict[str, Range]:
    """`ranges`, where all inputs of a Concat have the range that holds each of them; so has its output.

    Operators that only pass values on, between a tensor and the Concat, pass its range back as well.
    """
    joined = dict(ranges)
    producers = {name: node for node in model.graph.node for name in node.output}
    for node in reversed(model.graph.node):
        if node.op_type != "Concat" or not all(name in joined for name in node.input):
            continue
        parts = [joined[name] for name in (*node.input, node.output[0]) if name in joined]
        whole = Range(min(part.low for part in parts), max(part.high for part in parts))
        for name in (*node.input, node.output[0]):
            _set(name, whole, joined, producers)
    return joined


def _set(name: str, whole: Range, joined: dict[str, Range], producers: Mapping[str, Any]) -> None:
    joined[name] = whole
    node = producers.get(name)
    if node is not None and node.op_type in _SAME and node.op_type != "Concat" and node.input[0] in joined:
        _set(node.input[0], whole, joined, producers)
