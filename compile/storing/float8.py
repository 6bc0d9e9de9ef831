"""float8, as ONNX's float8e4m3fn: sign, 4 bits of exponent, 3 of mantissa; no infinity, 448 is the largest.

Micikevicius et al. (2022), "FP8 Formats for Deep Learning".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .form import Grid
from .small_floats import widened

_LARGEST = 448.0


@dataclass(frozen=True)
class Float8(Grid):
    """Every level that the format has, but its NaN."""

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """To the nearest, ties to even."""
        import ml_dtypes

        clipped = np.clip(values, -_LARGEST, _LARGEST)
        return clipped.astype(ml_dtypes.float8_e4m3fn).astype(np.float32)

    def pack(self, levels: np.ndarray) -> np.ndarray:
        """uint8, the bits of each level."""
        import ml_dtypes

        return levels.astype(ml_dtypes.float8_e4m3fn).view(np.uint8)

    def unpack(self, packed: np.ndarray, inputs: int) -> np.ndarray:
        """The oracle of `relay`."""
        import ml_dtypes

        return packed.view(ml_dtypes.float8_e4m3fn).astype(np.float32)

    def relay(self, packed: Any, rows: int, inputs: int) -> Any:
        """Whole-number operators."""
        return widened(packed, 8, 3)


FLOAT8 = Float8("float8", _LARGEST)
