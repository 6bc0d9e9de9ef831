"""Pooling works on blocks as it stands: only the layout's name changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..values import Blocked, Joined, attributes, shape_of


def pool(conversion: Any, call: Any) -> Blocked | Joined | None:
    """nn.max_pool2d, nn.avg_pool2d, their global and adaptive forms; joined channels are pooled part by part."""
    value = conversion.value(call.args[0])
    parts = value.parts if isinstance(value, Joined) else (value,)
    if not all(isinstance(part, Blocked) and part.block > 1 for part in parts):
        return None
    pooled = tuple(_pool(part, call) for part in parts)
    return Joined(pooled) if isinstance(value, Joined) else pooled[0]


def _pool(value: Blocked, call: Any) -> Blocked:
    from tvm import relay

    attrs = attributes(call) | {"layout": value.layout, "out_layout": ""}
    make = getattr(relay.nn, call.op.name.removeprefix("nn."))
    _, _, height, width = shape_of(call)
    return replace(value, expr=make(value.expr, **attrs), height=height, width=width)


_OPERATORS = ("max_pool2d", "avg_pool2d", "global_max_pool2d", "global_avg_pool2d", "adaptive_max_pool2d")
HANDLERS = dict.fromkeys([f"nn.{name}" for name in (*_OPERATORS, "adaptive_avg_pool2d")], pool)
