"""A kernel by itself, outside a network: to be timed, or looked at."""

from __future__ import annotations

from typing import Any

from tvm import IRModule, relay, te

from ..layers import Layer
from . import Candidate


def arguments(layer: Layer, chosen: Candidate) -> list[Any]:
    """te placeholders for the data and the packed weights of `layer`, in the order of `Kernel.compute`."""
    data = te.placeholder(layer.in_shape, layer.dtype, "data")
    packed = packed_types(layer, chosen)
    return [data, *(te.placeholder(shape, kind, f"weight{number}") for number, (shape, kind) in enumerate(packed))]


def packing(layer: Layer, chosen: Candidate) -> Any:
    """A Relay module that packs the model's weights, its parameters, into a tuple."""
    weights = [
        relay.var(f"weight{number}", shape=shape, dtype=kind)
        for number, (shape, kind) in enumerate(zip(layer.weight_shapes, layer.weight_types, strict=False))
    ]
    packed = chosen.kernel.pack(layer, chosen.config, *weights)
    body = relay.Tuple(packed if isinstance(packed, tuple) else (packed,))
    return relay.transform.InferType()(IRModule.from_expr(relay.Function(weights, body)))


def packed_types(layer: Layer, chosen: Candidate) -> list[tuple[tuple[int, ...], str]]:
    """(shape, dtype) of the packed weights."""
    fields = packing(layer, chosen)["main"].ret_type.fields
    return [(tuple(int(size) for size in field.shape), str(field.dtype)) for field in fields]
