"""fp16: a weight whose values are half-precision numbers, stored as such."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .small_floats import widened


@dataclass(frozen=True)
class HalfWeight:
    """`array` is float16, in the weight's own shape."""

    array: np.ndarray
    form: str = "fp16"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the weight."""
        return self.array.shape

    def values(self) -> np.ndarray:
        """float32."""
        return self.array.astype(np.float32)

    def relay(self, variable: Any) -> Any:
        """`values`, of a variable for `array`."""
        from tvm import relay

        bits = relay.reinterpret(variable, "uint16")
        return widened(relay.cast(bits, "int32"), 16, 10)


def half_of(array: np.ndarray) -> HalfWeight | None:
    """`array` as fp16, where that loses nothing."""
    if array.dtype != np.float32:
        return None
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    exact = np.isfinite(half).all() and np.array_equal(half.astype(np.float32), array)
    return HalfWeight(half) if exact else None
