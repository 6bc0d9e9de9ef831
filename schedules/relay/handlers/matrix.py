"""Flattening and matrix products: the weights are put in the order in which the blocks lie, not the activations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...layers import FLOATS, Dense, SparseDense
from ..expressions import shape_of
from ..levels import Scaled
from ..sparse_weight import blocks_of
from ..values import Blocked, Flat
from . import integer_layers


def flatten(conversion: Any, call: Any) -> Flat | Scaled | None:
    """nn.batch_flatten, and reshape or squeeze to (batch, everything else)."""
    value = conversion.value(call.args[0])
    one = value.levels if isinstance(value, Scaled) else value
    if not isinstance(one, Blocked) or shape_of(call) != (one.batch, one.channels * one.height * one.width):
        return None
    return replace(value, levels=Flat(one)) if isinstance(value, Scaled) else Flat(one)


def dense(conversion: Any, call: Any) -> Any | None:
    """nn.dense with constant weights."""
    from tvm import relay

    if conversion.varies(call.args[1]) or call.args[0].checked_type.dtype not in FLOATS:
        return None
    if len(shape_of(call.args[0])) != 2:
        return None
    (rows, inputs), (outputs, _) = shape_of(call.args[0]), shape_of(call.args[1])
    value = conversion.value(call.args[0])
    if isinstance(value, Scaled):
        integer = integer_layers.dense(conversion, call, value)
        if integer is not None:
            return integer
    value, sparse = conversion.floats(call.args[0]), blocks_of(call.args[1])
    if sparse is not None:
        return _sparse(conversion, value, (rows, inputs, outputs), sparse)
    weight = conversion.plain(call.args[1])
    if isinstance(value, Flat):
        data, weight = relay.reshape(value.blocked.expr, (rows, inputs)), value.in_its_order(weight)
    else:
        data = value
    return conversion.computed(Dense(rows, inputs, outputs, str(call.checked_type.dtype)), data, weight)


def _sparse(conversion: Any, value: Any, size: tuple[int, int, int], sparse: tuple[Any, Any, Any]) -> Any | None:
    """The product with sparse weights: their places are put in the order in which the data lie."""
    from tvm import relay

    rows, inputs, _ = size
    values, places, starts = sparse
    if isinstance(value, Flat):
        value, places = relay.reshape(value.blocked.expr, (rows, inputs)), value.places_of(places)
    return conversion.computed(SparseDense(*size, shape_of(values)[0]), value, values, places, starts)


HANDLERS = {"nn.batch_flatten": flatten, "reshape": flatten, "squeeze": flatten, "nn.dense": dense}
