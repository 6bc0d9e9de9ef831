"""Up- and down-sampling of blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..expressions import attributes, shape_of
from ..interpolate import MODES, interpolated, places
from ..levels import Scaled
from ..values import Blocked


def resize2d(conversion: Any, call: Any) -> Blocked | Scaled | None:
    """image.resize2d with constant sizes."""
    value = conversion.value(call.args[0])
    if isinstance(value, Scaled) and isinstance(value.levels, Blocked) and value.levels.block > 1:
        found = _of_levels(value, value.levels, call)
        if found is not None:
            return found
    value = conversion.floats(call.args[0])
    if not isinstance(value, Blocked) or value.block == 1:
        return None
    return _by_tvm(value, call)


def _of_levels(value: Scaled, levels: Blocked, call: Any) -> Blocked | Scaled | None:
    """Linear interpolation of what the levels stand for; the nearest ones are levels again."""
    _, _, height, width = shape_of(call)
    attrs = attributes(call)
    method, mode = str(attrs["method"]), str(attrs["coordinate_transformation_mode"])
    if value.dtype == "int32":
        return None
    if method == "nearest_neighbor":
        return replace(value, levels=_by_tvm(levels, call))
    if method != "linear" or mode not in MODES or value.scale.ndim:
        return None
    rows, columns = places(levels.height, height, mode), places(levels.width, width, mode)
    expr = interpolated(levels.expr, float(value.scale), value.zero, rows, columns)
    return replace(levels, expr=expr, height=height, width=width)


def _by_tvm(value: Blocked, call: Any) -> Blocked:
    from tvm import relay

    _, _, height, width = shape_of(call)
    attrs = attributes(call) | {"layout": value.layout, "size": (height, width)}
    attrs["roi"] = tuple(float(part) for part in attrs.get("roi") or ()) or None
    return replace(value, expr=relay.image.resize2d(value.expr, **attrs), height=height, width=width)


HANDLERS = {"image.resize2d": resize2d}
