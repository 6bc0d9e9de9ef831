"""Concatenation of channels, and picking every s-th of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..expressions import shape_of
from ..levels import Scaled
from ..values import Blocked, Joined
from . import quantized


def concatenate(conversion: Any, call: Any) -> Joined | Scaled | None:
    """concatenate along the channels: nothing is copied until somebody needs all of them in one place."""
    fields = getattr(call.args[0], "fields", None)
    if fields is None or int(call.attrs.axis) not in (1, -3) or len(shape_of(call)) != 4:
        return None
    scaled = quantized.joined([conversion.value(field) for field in fields])
    if scaled is not None:
        return scaled
    parts: list[Blocked] = []
    for field in fields:
        value = conversion.floats(field)
        parts += value.parts if isinstance(value, Joined) else [conversion.blocked(field)]
    return Joined(tuple(parts))


def strided_slice(conversion: Any, call: Any) -> Blocked | None:
    """Every s-th channel, where s divides the block: the same, with a block as much smaller."""
    from tvm import relay

    value, attrs = conversion.floats(call.args[0]), call.attrs
    if not isinstance(value, Blocked) or value.block == 1 or attrs.slice_mode != "end":
        return None
    batch, channels, height, width = shape_of(call)
    step = value.channels // channels
    picked = dict(zip(_axes(attrs), zip(attrs.begin, _strides(attrs), strict=True), strict=True))
    others = all(int(begin) == 0 and int(stride) == 1 for axis, (begin, stride) in picked.items() if axis != 1)
    if (batch, height, width) != (value.batch, value.height, value.width) or not others or 1 not in picked:
        return None
    begin, stride = (int(one) for one in picked[1])
    if begin or stride != step or value.channels % channels or value.block % step or step == value.block:
        return None
    thinner = relay.strided_slice(value.expr, begin=[0], end=[value.block], strides=[step], axes=[4])
    return replace(value, expr=thinner, channels=channels, block=value.block // step)


def _axes(attrs: Any) -> list[int]:
    if attrs.axes is None:
        return list(range(len(attrs.begin)))
    return [int(axis) % 4 for axis in attrs.axes]


def _strides(attrs: Any) -> list[int]:
    strides = [int(stride) for stride in attrs.strides or ()]
    return strides + [1] * (len(attrs.begin) - len(strides))


HANDLERS = {"concatenate": concatenate, "strided_slice": strided_slice}
