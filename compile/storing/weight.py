"""A weight as a level for each value and a scale for each group of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import numpy as np

from .form import Form
from .scales import pack_scales, spread, spread_relay, unpack_scales


class Stored(Protocol):
    """A weight in fewer bits: `array` is what a Bundle stores, `relay` what reads it from a variable."""

    @property
    def form(self) -> str: ...  # noqa: D102
    @property
    def shape(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def array(self) -> np.ndarray: ...  # noqa: D102
    def values(self) -> np.ndarray: ...  # noqa: D102
    def relay(self, variable: Any) -> Any: ...  # noqa: D102


@dataclass(frozen=True)
class StoredWeight:
    """`shape` with its axes in `order`, as a matrix (rows, inputs): groups lie along a row.

    levels  (rows, inputs) float32, whole numbers for the integer forms
    scales  (rows, groups) float32
    """

    kind: Form
    levels: np.ndarray
    scales: np.ndarray
    group: int
    shape: tuple[int, ...]
    order: tuple[int, ...]

    @property
    def form(self) -> str:
        """Its name."""
        return self.kind.name

    @property
    def array(self) -> np.ndarray:
        """uint8, a row's levels and then its scales: one array, since each takes 250 bytes more in a file."""
        return np.hstack([self.kind.pack(self.levels), pack_scales(self.scales)])

    def values(self) -> np.ndarray:
        """The weight, float32: each level times its scale, rounded once."""
        matrix = self.levels * spread(self.scales, self.group, self.levels.shape[1])
        return matrix.reshape(self._ordered_shape).transpose(np.argsort(self.order))

    def relay(self, variable: Any) -> Any:
        """`values`, of a variable for `array`."""
        from tvm import relay

        (rows, inputs), groups = self.levels.shape, self.scales.shape[1]
        width, size = (pack.shape[1] for pack in (self.kind.pack(self.levels), pack_scales(self.scales)))

        def columns(first: int, end: int) -> Any:
            return relay.cast(relay.strided_slice(variable, [0, first], [rows, end]), "int32")

        levels = self.kind.relay(columns(0, width), rows, inputs)
        scales = unpack_scales(lambda first, end: columns(width + first, width + end), groups, size)
        matrix = relay.multiply(levels, spread_relay(scales, self.group, inputs, rows))
        weight = relay.reshape(matrix, self._ordered_shape)
        back = [int(axis) for axis in np.argsort(self.order)]
        return weight if back == sorted(back) else relay.transpose(weight, back)

    @property
    def _ordered_shape(self) -> tuple[int, ...]:
        return tuple(self.shape[axis] for axis in self.order)


def precision_of(stored: Mapping[str, Stored], count: int) -> str | None:
    """What a network of `count` parameters is called by the form of most of them, None where most are in none."""
    sizes = Counter[str]()
    for one in stored.values():
        sizes[one.form] += prod(one.shape)
    if 2 * sizes.total() < count or not sizes:
        return None
    form = sizes.most_common(1)[0][0]
    return form if form == "fp16" else f"{form}-weights"
