"""AVX2: pairs of products in 16 bits, pairs of these in 32.

The first sum saturates beyond 16 bits: 2 * 255 * 127 does not fit, 2 * 255 * 64 does.
"""

from __future__ import annotations

from typing import Any

from tvm import tir

from .dot import Dot


def _emit(sums: Any, four: Any, weights: Any) -> Any:
    lanes = int(sums.dtype.split("x")[1])
    name = {16: "avx512.pmaddubs.w.512", 8: "avx2.pmadd.ub.sw", 4: "ssse3.pmadd.ub.sw.128"}[lanes]
    halves = {16: "avx512.pmaddw.d.512", 8: "avx2.pmadd.wd", 4: "sse2.pmadd.wd"}[lanes]
    bytes_ = tir.call_intrin(f"int8x{4 * lanes}", "tir.reinterpret", four)
    two, narrow = tir.const(2, "uint32"), f"int16x{2 * lanes}"
    pairs = tir.call_llvm_pure_intrin(narrow, f"llvm.x86.{name}", two, bytes_, weights)
    quads = tir.call_llvm_pure_intrin(sums.dtype, f"llvm.x86.{halves}", two, pairs, tir.const(1, narrow))
    return sums + quads


DOT = Dot("vpmaddubsw", "uint8", 7, (16, 8, 4), _emit)
