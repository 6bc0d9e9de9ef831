"""Remove the constants of an ONNX graph that nothing reads."""

from __future__ import annotations

from typing import Any


def drop_unread(graph: Any) -> None:
    """Remove them from an onnx.ModelProto, in place."""
    read = {name for node in graph.graph.node for name in node.input} | {value.name for value in graph.graph.output}
    kept = [tensor for tensor in graph.graph.initializer if tensor.name in read]
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept)
