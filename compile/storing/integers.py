"""int8, int4 and int2: whole levels, two's complement, the first of a byte in its lowest bits (as ONNX packs them)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .form import Grid


@dataclass(frozen=True)
class Integers(Grid):
    """Levels from -2^(bits - 1) to 2^(bits - 1) - 1."""

    bits: int = 8

    @property
    def lowest(self) -> int:
        """The smallest level."""
        return -(1 << self.bits - 1)

    @property
    def _shifts(self) -> np.ndarray:
        """Where in its byte each level begins."""
        return np.arange(0, 8, self.bits, dtype=np.int32)

    def holds(self, levels: np.ndarray) -> bool:
        """Whether all `levels`, whole numbers, have this many bits."""
        return bool(levels.min(initial=0) >= self.lowest and levels.max(initial=0) < -self.lowest)

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """To the nearest, ties to even; whole numbers have no negative zero."""
        return np.clip(np.rint(values), self.lowest, -self.lowest - 1).astype(np.float32) + np.float32(0)

    def pack(self, levels: np.ndarray) -> np.ndarray:
        """uint8, 8 / bits levels a byte; a last byte that is not full ends in zeros."""
        per_byte = len(self._shifts)
        rows, inputs = levels.shape
        fields = np.pad(levels.astype(np.int32), ((0, 0), (0, -inputs % per_byte))) & (1 << self.bits) - 1
        parts = fields.reshape(rows, -1, per_byte) << self._shifts
        return np.bitwise_or.reduce(parts, axis=2).astype(np.uint8)

    def unpack(self, packed: np.ndarray, inputs: int) -> np.ndarray:
        """The oracle of `relay`."""
        fields = (packed.astype(np.int32)[:, :, None] >> self._shifts) & (1 << self.bits) - 1
        levels = (fields ^ -self.lowest) + self.lowest  # extends the sign
        return levels.reshape(len(packed), -1)[:, :inputs].astype(np.float32)

    def relay(self, packed: Any, rows: int, inputs: int) -> Any:
        """Shifts and masks alone."""
        from tvm import relay

        shifted = relay.right_shift(relay.expand_dims(packed, 2), relay.const(self._shifts))
        fields = relay.bitwise_and(shifted, relay.const((1 << self.bits) - 1))
        levels = relay.add(relay.bitwise_xor(fields, relay.const(-self.lowest)), relay.const(self.lowest))
        flat = relay.reshape(relay.cast(levels, "float32"), (rows, -1))
        return relay.strided_slice(flat, [0, 0], [rows, inputs])


def _clips(least: float) -> tuple[float, ...]:
    return tuple(np.linspace(1.0, least, 24).tolist())


# The fewest bits first.  A scale for 128 weights is as many as keep int4 within 0.15 of fp32 in a small network too.
INTEGERS = (
    Integers("int2", 1.0, _clips(0.2), 64, bits=2),
    Integers("int4", 7.0, _clips(0.5), 128, bits=4),
    Integers("int8", 127.0, bits=8),
)
