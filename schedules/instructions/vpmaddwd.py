"""AVX2, exact: bytes are widened to 16 bits, whose products are added in pairs in 32.

Half as fast as `vpmaddubsw`, for weights of more than 7 bits, whose sums of two products would saturate there.
"""

from __future__ import annotations

from typing import Any

from tvm import tir

from .dot import Dot


def _emit(sums: Any, four: Any, weights: Any) -> Any:
    lanes = int(sums.dtype.split("x")[1])
    name = {16: "avx512.pmaddw.d.512", 8: "avx2.pmadd.wd", 4: "sse2.pmadd.wd"}[lanes]
    data = tir.call_intrin(f"uint8x{4 * lanes}", "tir.reinterpret", four)
    two = tir.const(2, "uint32")
    pairs: list[Any] = [
        tir.call_llvm_pure_intrin(sums.dtype, f"llvm.x86.{name}", two, values, factors)
        for values, factors in zip(_halves(data, lanes), _halves(weights, lanes), strict=True)
    ]
    even, odd = (tir.Shuffle(pairs, [_index(at) for at in range(one, 2 * lanes, 2)]) for one in (0, 1))
    return sums + even + odd


def _halves(vector: Any, lanes: int) -> list[Any]:
    """Of 4 bytes a lane, widened."""
    starts = (0, 2 * lanes)
    halves: list[Any] = [tir.Shuffle([vector], [_index(start + at) for at in range(2 * lanes)]) for start in starts]
    return [half.astype(f"int16x{2 * lanes}") for half in halves]


def _index(at: int) -> Any:
    return tir.const(at, "int32")


DOT = Dot("vpmaddwd", "uint8", 8, (16, 8, 4), _emit, between=2)
