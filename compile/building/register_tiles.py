"""A lowering pass: the sums of a register tile are variables of the function, which LLVM keeps in registers.

Left alone, TVM asks its memory pool for anything of 1,024 bytes, for every tile anew, and LLVM has to write the sums
there before it may go on: up to a quarter of the time of a layer with few channels.
"""

from __future__ import annotations

from math import prod
from typing import Any

from ..tvm_stack import compiler
from .lowering_pass import lowering_pass

_PHASE = 3  # of TVM's lowering: the last, as those before it make allocations anew
_MOST_BYTES = 16384  # no register file is as large, every stack is
_ANNOTATION = "disable_lower_builtin"  # tvm::tir::transform::kDisableLowerTVMBuiltin


def register_tiles() -> tuple[int, Any]:
    """An entry for `tir.add_lower_pass`: small allocations of scope "local" are left to LLVM."""
    tvm = compiler()
    from tvm import tir

    def keep(one: Any) -> Any | None:
        if one.buffer_var.type_annotation.storage_scope != "local" or _bytes(tvm, one) > _MOST_BYTES:
            return None
        annotations = {**one.annotations, _ANNOTATION: tvm.runtime.convert(True)}
        return tir.Allocate(one.buffer_var, one.dtype, one.extents, one.condition, one.body, annotations)

    return lowering_pass("RegisterTiles", _PHASE, "tir.Allocate", keep)


def _bytes(tvm: Any, one: Any) -> int:
    value = tvm.DataType(one.dtype)
    return prod(int(extent) for extent in one.extents) * value.bits * value.lanes // 8
