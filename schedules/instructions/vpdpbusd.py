"""AVX-512 VNNI: four products and their sum in one instruction, exact in 32 bits."""

from __future__ import annotations

from typing import Any

from tvm import tir

from .dot import Dot


def _emit(sums: Any, four: Any, weights: Any) -> Any:
    lanes = int(sums.dtype.split("x")[1])
    data = tir.call_intrin(f"uint8x{4 * lanes}", "tir.reinterpret", four)
    name = f"llvm.x86.avx512.vpdpbusd.{32 * lanes}"
    return tir.call_llvm_pure_intrin(sums.dtype, name, tir.const(3, "uint32"), sums, data, weights)


DOT = Dot("vpdpbusd", "uint8", 8, (16, 8, 4), _emit)
