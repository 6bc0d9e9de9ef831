"""Means over pixels, channels, or all of an activation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..expressions import shape_of
from ..values import Blocked, Flat
from .pooling import mean_of_pixels

_AXES = {0: (0,), 1: (1, 4), 2: (2,), 3: (3,)}


def mean(conversion: Any, call: Any) -> Any | None:
    """mean over any axes; the result stays in blocks unless the channels are gone or an axis is dropped."""
    from tvm import relay

    value, attrs = conversion.floats(call.args[0]), call.attrs
    if not isinstance(value, Blocked) or attrs.exclude:
        return None
    axes = {int(axis) % 4 for axis in (range(4) if attrs.axis is None else attrs.axis)}
    left = sorted(axes)
    pooled = (
        mean_of_pixels(conversion, value, 2 in axes, 3 in axes, str(call.checked_type.dtype)) if axes & {2, 3} else None
    )
    if pooled is not None:
        value, left = pooled, sorted(axes - {2, 3})
    reduced = value.expr
    if left:
        reduced = relay.mean(reduced, axis=[part for axis in left for part in _AXES[axis]], keepdims=True)
    if 1 in axes:
        return relay.reshape(reduced, shape_of(call))
    sizes = {name: 1 for axis, name in ((0, "batch"), (2, "height"), (3, "width")) if axis in axes}
    kept = replace(value, expr=reduced, **sizes)
    if attrs.keepdims:
        return kept
    return Flat(kept) if axes == {2, 3} else relay.reshape(kept.plain(), shape_of(call))


HANDLERS = {"mean": mean}
