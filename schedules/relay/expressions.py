"""What Relay's expressions say of themselves, as plain Python values."""

from __future__ import annotations

from math import prod
from typing import Any


def shape_of(expr: Any) -> tuple[int, ...]:
    """The shape of a type-checked expression."""
    return tuple(int(size) for size in expr.checked_type.shape)


def pair(values: Any) -> tuple[int, int]:
    """(vertical, horizontal) of an attribute."""
    vertical, horizontal = (int(value) for value in values)
    return vertical, horizontal


def four(values: Any) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of an attribute."""
    top, left, bottom, right = (int(value) for value in values)
    return top, left, bottom, right


def attributes(call: Any) -> dict[str, Any]:
    """The attributes of a Relay call by name."""
    return {str(key): call.attrs[key] for key in call.attrs.keys()}  # noqa: SIM118 (they do not iterate)


def is_pointwise(conv: Any) -> bool:
    """Whether an nn.conv2d is a plain 1x1 one: stride 1, one group, nothing around the picture."""
    attrs = conv.attrs
    plain = attrs.data_layout == "NCHW" and attrs.kernel_layout == "OIHW" and attrs.groups == 1
    ones = [*shape_of(conv.args[1])[2:], *attrs.strides]
    return plain and all(int(one) == 1 for one in ones) and not any(int(one) for one in attrs.padding)


def elements(shape: tuple[int, ...]) -> int:
    """How many values a tensor of `shape` has."""
    return prod(shape)
