"""Whole levels of 4 or 2 bits that integer kernels multiply: packed in files, int8 again when a Bundle is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .integers import INTEGERS, Integers

_FEWEST = 128  # levels: what unpacks fewer takes more code than it saves


@dataclass(frozen=True)
class PackedLevels:
    """`levels` are int8, in the weight's own shape; a row of the packed matrix is an index of the first axis."""

    kind: Integers
    levels: np.ndarray

    @property
    def form(self) -> str:
        """Its name."""
        return self.kind.name

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the weight."""
        return self.levels.shape

    @property
    def array(self) -> np.ndarray:
        """uint8 (rows, bytes)."""
        return self.kind.pack(self._matrix)

    def values(self) -> np.ndarray:
        """int8, the levels: their scale is in the graph."""
        return self.levels

    def relay(self, variable: Any) -> Any:
        """`values`, of a variable for `array`."""
        from tvm import relay

        levels = self.kind.relay(relay.cast(variable, "int32"), *self._matrix.shape)
        return relay.reshape(relay.cast(levels, "int8"), self.shape)

    @property
    def _matrix(self) -> np.ndarray:
        return self.levels.reshape(len(self.levels), -1)


def levels_of(array: np.ndarray) -> PackedLevels | None:
    """int8 levels in the fewest bits that hold them all; None where those are 8, or the tensor is small."""
    if array.dtype != np.int8 or array.ndim < 2 or array.size < _FEWEST:
        return None
    kind = next(form for form in INTEGERS if form.holds(array))
    return PackedLevels(kind, array) if kind.bits < 8 else None
