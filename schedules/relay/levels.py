"""Tensors of integers that stand for floats, as the layout pass knows them: nobody has computed the floats yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .values import Blocked, Flat


@dataclass(frozen=True)
class Averaged(Blocked):
    """The means of what integers stood for: ONNX Runtime adds the zero point before it rounds these, and only these."""


@dataclass(frozen=True)
class Scaled:
    """Integers in blocks that stand for (level - zero) * scale, which nobody has computed yet.

    levels  uint8 or int8, or int32 for the sums of a layer; its `expr` is of type `dtype`
    scale   float32, one for all, () or one a channel, (channels,)
    ends    the least and the greatest level where they are known to be nearer than those of the type
    """

    levels: Blocked | Flat
    dtype: str
    scale: np.ndarray
    zero: int
    ends: tuple[int, int] | None = None

    @property
    def blocked(self) -> Blocked:
        """The integers, also of what is seen flat."""
        return self.levels.blocked if isinstance(self.levels, Flat) else self.levels

    def like(self, expr: Any) -> Scaled:
        """Other integers of the same shape and meaning."""
        return replace(self, levels=self.levels.like(expr))

    def per_channel(self, values: np.ndarray) -> Any:
        """One number for all, or one a channel, as Relay broadcasts it over the blocks; the type stays."""
        from tvm import relay

        if values.size == 1:
            return relay.const(values.reshape(()), str(values.dtype))
        blocks = (self.blocked.channels // self.blocked.block, 1, 1, self.blocked.block)
        return relay.reshape(relay.const(values, str(values.dtype)), blocks)

    def floats(self) -> Blocked | Flat:
        """The values themselves."""
        from tvm import relay

        values = relay.cast(self.blocked.expr, "float32")
        if self.zero:
            values = relay.subtract(values, relay.const(float(self.zero)))
        return self.levels.like(relay.multiply(values, self.per_channel(self.scale)))

    def plain(self) -> Any:
        """The values in the order of NCHW."""
        return self.floats().plain()


@dataclass(frozen=True)
class Sum:
    """Two tensors of one shape that are to be added, which nobody has done yet: each has its own scale."""

    parts: tuple[Scaled, Scaled]

    def floats(self) -> Blocked:
        """The values themselves."""
        from tvm import relay

        total: Any = None
        for part in self.parts:
            found = part.floats()
            one = found.blocked.expr if isinstance(found, Flat) else found.expr
            total = one if total is None else relay.add(total, one)
        return self.parts[0].blocked.like(total)

    def levels_at(self, scale: np.ndarray, zero: int) -> Any:
        """Their sum over `scale` and the zero point, to be rounded: in the order of ONNX Runtime, to the bit.

        Both parts are multiplied by their share of the scale and added, by fused multiply-adds, to what is constant
        (MlasQLinearAddKernel, onnxruntime/core/mlas/lib/intrinsics/avx2/qladd_avx2.cpp).
        """
        from tvm import relay

        first, second = self.parts
        share, other = (np.float32(part.scale / scale) for part in self.parts)
        zeros = np.float32(float(share) * first.zero + float(np.float32(other * second.zero)))
        total = relay.const(np.float32(zero) - zeros, "float32")
        for factor, part in ((other, second), (share, first)):
            levels = relay.cast(part.blocked.expr, "float32")
            total = relay.add(relay.multiply(levels, relay.const(factor, "float32")), total)
        return total

    def plain(self) -> Any:
        """The values in the order of NCHW."""
        return self.floats().plain()
