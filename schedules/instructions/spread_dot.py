"""Four neighbouring pixels of some channels times four weights each, added to the channels' 32-bit sums.

The pixels lie one after the other, the instruction wants the four values of a channel side by side: a transposition of
4 x lanes bytes first, which LLVM does in one or two shuffles, once for all that reads the same pixels.
"""

from __future__ import annotations

import functools
from typing import Any

from tvm import te, tir

from .dot import QUAD, Dot, declare

_NEON_BYTES = 16


@functools.cache
def spread_intrinsic(dot: Dot, lanes: int, block: int) -> Any:
    """The TensorIntrin for a loop over QUAD pixels and `channels_at_once` of the `block` of channels that each has."""
    channels = channels_at_once(lanes, block)
    data = te.placeholder((QUAD, channels), dot.data, "data")

    def four(buffer: Any) -> list[Any]:
        if channels > lanes:
            return _transposed(buffer, dot, channels)
        if block == lanes:  # all four pixels lie in one piece
            pixels = [buffer.vload([0, 0], f"{dot.data}x{lanes * QUAD}")]
        else:
            pixels = [buffer.vload([number, 0], f"{dot.data}x{lanes}") for number in range(QUAD)]
        order = [tir.const(step * lanes + lane, "int32") for lane in range(lanes) for step in range(QUAD)]
        return [tir.call_intrin(f"int32x{lanes}", "tir.reinterpret", tir.Shuffle(pixels, order))]

    vectors = channels // lanes
    return declare(dot, lanes, data, [block, 1], lambda lane, step: data[step, lane], four, vectors=vectors)


def channels_at_once(lanes: int, block: int) -> int:
    """All of a block in vectors of 128 bits, whose instructions take two or four to transpose it; else `lanes`."""
    return block if lanes * QUAD == _NEON_BYTES else lanes


def _transposed(buffer: Any, dot: Dot, channels: int) -> list[Any]:
    """QUAD pixels' bytes, channel by channel, in two steps of interleaving: NEON's ZIP1 and ZIP2."""
    a, b, c, d = ([buffer.vload([number, 0], f"{dot.data}x{channels}")] for number in range(QUAD))
    first, second = ([_as("int16x8", one) for one in _interleaved(*pair, 1)] for pair in ((a, b), (c, d)))
    quads = _interleaved(first, second, 2)
    return [_as("int32x4", one) for one in quads]


def _interleaved(ones: list[Any], others: list[Any], size: int) -> list[Any]:
    """The elements of `size` bytes of both, taken in turn, in vectors of 128 bits."""
    found = []
    for one, other in zip(ones, others, strict=True):
        lanes, wanted = int(one.dtype.split("x")[1]), _NEON_BYTES // size
        order = [place + which * lanes for place in range(lanes) for which in (0, 1)]
        pieces = (order[start : start + wanted] for start in range(0, 2 * lanes, wanted))
        found += [tir.Shuffle([one, other], [tir.const(place, "int32") for place in piece]) for piece in pieces]
    return found


def _as(kind: str, vector: Any) -> Any:
    return tir.call_intrin(kind, "tir.reinterpret", vector)
