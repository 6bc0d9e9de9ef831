"""A pass of TVM's lowering that changes statements of one kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tvm_stack import compiler


def lowering_pass(name: str, phase: int, kind: str, change: Callable[[Any], Any | None]) -> tuple[int, Any]:
    """An entry for `tir.add_lower_pass`: `change` gives what takes a statement's place, None to leave it.

    `kind` is TVM's name for the statements, "tir.For" say; `phase` of the lowering is from 0 to 3.
    """
    compiler()
    from tvm import tir

    @tir.transform.prim_func_pass(opt_level=0, name=f"tilewright.{name}")
    def apply(function: Any, _module: Any, _context: Any) -> Any:
        return function.with_body(tir.stmt_functor.ir_transform(function.body, None, change, [kind]))

    return phase, apply
