"""Four neighbouring pixels of some channels times four weights each, added to the channels' 32-bit sums.

The pixels lie one after the other, the instruction wants the four values of a channel side by side: a transposition of
4 x lanes bytes first, which LLVM does in one or two shuffles, once for all that reads the same pixels.
"""

from __future__ import annotations

import functools
from typing import Any

from tvm import te, tir

from .dot import QUAD, Dot, declare


@functools.cache
def spread_intrinsic(dot: Dot, lanes: int, block: int) -> Any:
    """The TensorIntrin for a loop over `lanes` channels, of the `block` that a pixel has, and QUAD pixels."""
    data = te.placeholder((QUAD, lanes), dot.data, "data")

    def four(buffer: Any) -> Any:
        if block == lanes:  # all four pixels lie in one piece
            pixels = [buffer.vload([0, 0], f"{dot.data}x{lanes * QUAD}")]
        else:
            pixels = [buffer.vload([number, 0], f"{dot.data}x{lanes}") for number in range(QUAD)]
        order = [tir.const(step * lanes + lane, "int32") for lane in range(lanes) for step in range(QUAD)]
        return tir.call_intrin(f"int32x{lanes}", "tir.reinterpret", tir.Shuffle(pixels, order))

    return declare(dot, lanes, data, [block, 1], lambda lane, step: data[step, lane], four)
