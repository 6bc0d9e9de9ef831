"""A value that no later step is merged with, where the rounding of fp32 has to be that of another program."""

from __future__ import annotations

from typing import Any

from tvm import tir


def unfused(value: Any) -> Any:
    """The float32 `value`, rounded before anything is done with it.

    LLVM fuses no product with the sum after it, and TVM makes no factor of a constant that something is divided by.
    """
    return tir.call_llvm_pure_intrin("float32", "llvm.arithmetic.fence", tir.const(1, "uint32"), value)
