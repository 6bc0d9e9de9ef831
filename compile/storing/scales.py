"""A scale for each group: chosen by the least squared error, and stored as the upper half of a float32.

That has the range of a float32, so that no filter is too weak for it, and its 8 bits are enough for a scale: it is
rounded before the levels are chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .form import Form

_TINY = np.finfo(np.float32).tiny  # no scale is less: a filter of zeros, or of next to nothing, has only zeros then


def choose_scales(matrix: np.ndarray, form: Form, group: int) -> tuple[np.ndarray, np.ndarray]:
    """(levels, scales) of a (rows, inputs) `matrix`: float32, of the same shape, and (rows, groups).

    For each group the scale is taken, of those that `form.clips` allows, that makes the squared error least.
    """
    inputs = matrix.shape[1]
    starts = np.arange(0, inputs, group)
    largest = np.maximum.reduceat(np.abs(matrix), starts, axis=1)
    best = np.full(largest.shape, np.inf)
    scales = np.ones(largest.shape, np.float32)
    for clip in form.clips:
        tried = _rounded_up(np.maximum(largest * np.float32(clip / form.largest), _TINY))
        wide = spread(tried, group, inputs)
        error = np.add.reduceat((form.nearest(matrix / wide) * wide - matrix) ** 2, starts, axis=1, dtype=np.float64)
        scales, best = np.where(error < best, tried, scales), np.minimum(error, best)
    return form.nearest(matrix / spread(scales, group, inputs)), scales


def spread(scales: np.ndarray, group: int, inputs: int) -> np.ndarray:
    """(rows, groups) as (rows, inputs)."""
    return np.repeat(scales, group, axis=1)[:, :inputs]


def spread_relay(scales: Any, group: int, inputs: int, rows: int) -> Any:
    """`spread` in Relay; one group is left to broadcasting."""
    from tvm import relay

    if group >= inputs:
        return scales
    return relay.strided_slice(relay.repeat(scales, group, axis=1), [0, 0], [rows, inputs])


def pack_scales(scales: np.ndarray) -> np.ndarray:
    """(rows, groups) as uint8 (rows, 2 groups): the third byte of each, then the fourth, where the others are zero.

    Else (rows, 4 groups), with all bytes.
    """
    whole = np.ascontiguousarray(scales, "<f4").view(np.uint8).reshape(*scales.shape, 4)
    kept = whole if whole[:, :, :2].any() else whole[:, :, 2:]
    return np.moveaxis(kept, 2, 1).reshape(len(scales), -1)


def unpack_scales(columns: Callable[[int, int], Any], groups: int, size: int) -> Any:
    """The Relay float32 (rows, groups) of what `pack_scales` gave, `size` bytes in a row.

    `columns(first, end)` are some of these bytes, as int32.
    """
    from tvm import relay

    bits = None
    for first in range(0, size, groups):
        shift = 32 - 8 * (size - first) // groups
        byte = relay.left_shift(columns(first, first + groups), relay.const(shift))
        bits = byte if bits is None else relay.bitwise_or(bits, byte)
    return relay.reinterpret(bits, "float32")


def _rounded_up(scales: np.ndarray) -> np.ndarray:
    """The next float32 whose lower half is zero: rounded down, the largest weight would be clipped."""
    return ((scales.view(np.uint32) + np.uint32(0xFFFF)) & np.uint32(0xFFFF0000)).view(np.float32)
