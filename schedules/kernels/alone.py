"""A kernel by itself, outside a network: to be timed, or looked at."""

from __future__ import annotations

from typing import Any

from tvm import IRModule, relay, te

from ..layers import Layer
from . import Candidate


def arguments(layer: Layer, chosen: Candidate) -> list[Any]:
    """te placeholders for the data and the packed weights of `layer`, in the order of `Kernel.compute`."""
    data = te.placeholder(layer.in_shape, "float32", "data")
    shapes = packed_shapes(layer, chosen)
    return [data, *(te.placeholder(shape, "float32", f"weight{number}") for number, shape in enumerate(shapes))]


def packing(layer: Layer, chosen: Candidate) -> Any:
    """A Relay module that packs the model's weights, its parameters, into a tuple."""
    weights = [relay.var(f"weight{number}", shape=shape) for number, shape in enumerate(layer.weight_shapes)]
    packed = chosen.kernel.pack(layer, chosen.config, *weights)
    body = relay.Tuple(packed if isinstance(packed, tuple) else (packed,))
    return relay.transform.InferType()(IRModule.from_expr(relay.Function(weights, body)))


def packed_shapes(layer: Layer, chosen: Candidate) -> list[tuple[int, ...]]:
    """The shapes of the packed weights."""
    fields = packing(layer, chosen)["main"].ret_type.fields
    return [tuple(int(size) for size in field.shape) for field in fields]
