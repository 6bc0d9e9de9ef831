"""The shapes an ONNX graph states or shape inference found, where they are static."""

from __future__ import annotations

from typing import Any


def static_shapes(graph: Any) -> dict[str, list[int]]:
    """Shape by tensor name, for weights, inputs, outputs and everything between; open shapes are left out."""
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        tensor_type = value.type.tensor_type
        if tensor_type.HasField("shape") and all(dim.HasField("dim_value") for dim in tensor_type.shape.dim):
            shapes[value.name] = [dim.dim_value for dim in tensor_type.shape.dim]
    return shapes
