"""What lies between layers: an addition or a pooling of fp32 values gains nothing by a pair around it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .weights import WEIGHTED


def nodes_after(graph: Any, kept: Collection[str]) -> tuple[str, ...]:
    """The names of the nodes without weights that read, over others like them, the result of a node in `kept`."""
    floating = {name for node in graph.graph.node if node.name in kept for name in node.output}
    found = []
    for node in graph.graph.node:
        if node.op_type not in WEIGHTED and floating.intersection(node.input):
            floating.update(node.output)
            found.append(node.name)
    return tuple(found)
