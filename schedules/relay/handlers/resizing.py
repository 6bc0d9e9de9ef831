"""Up- and down-sampling of blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..values import Blocked, attributes, shape_of


def resize2d(conversion: Any, call: Any) -> Blocked | None:
    """image.resize2d with constant sizes."""
    from tvm import relay

    value = conversion.floats(call.args[0])
    if not isinstance(value, Blocked) or value.block == 1:
        return None
    _, _, height, width = shape_of(call)
    attrs = attributes(call) | {"layout": value.layout, "size": (height, width)}
    attrs["roi"] = tuple(float(part) for part in attrs.get("roi") or ()) or None
    return replace(value, expr=relay.image.resize2d(value.expr, **attrs), height=height, width=width)


HANDLERS = {"image.resize2d": resize2d}
