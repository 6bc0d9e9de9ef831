"""Arm without the dot product extension (Cortex-A53, A72): pairs of products in 16 bits, pairs of these in 32.

SMULL gives eight products, SMLAL adds those of the second pair of each lane, SADALP adds neighbours in pairs to four
sums: three instructions for 16 products, as in the "mlal" kernels of XNNPACK (src/qs8-gemm/c2-neon-mull-dup.c.in).
Two products fit 16 bits but for those of -128 with -128: weights keep to 127 (`least`).
"""

from __future__ import annotations

from typing import Any

from tvm import tir

from .dot import Dot

_BY_PAIRS = (0, 2, 4, 6, 1, 3, 5, 7)  # the first pair of each lane, then the second


def _emit(sums: Any, four: Any, weights: Any) -> Any:
    data = tir.call_intrin("int16x8", "tir.reinterpret", four)
    values, factors = _halves(data, (0, 0, 0, 0, 1, 1, 1, 1)), _halves(_pairs_of(weights), _BY_PAIRS)
    products = [_product(value, factor) for value, factor in zip(values, factors, strict=True)]
    neighbours = tir.call_llvm_pure_intrin(
        sums.dtype, "llvm.aarch64.neon.saddlp.v4i32.v8i16", tir.const(1, "uint32"), products[0] + products[1]
    )
    return sums + neighbours


def _pairs_of(bytes_: Any) -> Any:
    return tir.call_intrin("int16x8", "tir.reinterpret", bytes_)


def _halves(pairs: Any, order: tuple[int, ...]) -> list[Any]:
    ordered = tir.call_intrin("int8x16", "tir.reinterpret", _shuffle(pairs, order))
    return [_shuffle(ordered, range(first, first + 8)) for first in (0, 8)]


def _shuffle(vector: Any, order: Any) -> Any:
    return tir.Shuffle([vector], [tir.const(place, "int32") for place in order])


def _product(value: Any, factor: Any) -> Any:
    two = tir.const(2, "uint32")
    return tir.call_llvm_pure_intrin("int16x8", "llvm.aarch64.neon.smull.v8i16", two, value, factor)


DOT = Dot("smlal", "int8", 8, (4,), _emit, least=-127, between=4, spreads=False)
