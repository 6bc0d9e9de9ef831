"""Arm's dot product extension (FEAT_DotProd: Cortex-A76 and later): four signed products and their sum, exact."""

from __future__ import annotations

from typing import Any

from tvm import tir

from .dot import Dot


def _emit(sums: Any, four: Any, weights: Any) -> Any:
    data = tir.call_intrin(weights.dtype, "tir.reinterpret", four)
    three = tir.const(3, "uint32")
    return tir.call_llvm_pure_intrin(sums.dtype, "llvm.aarch64.neon.sdot.v4i32.v16i8", three, sums, data, weights)


DOT = Dot("sdot", "int8", 8, (4,), _emit)
