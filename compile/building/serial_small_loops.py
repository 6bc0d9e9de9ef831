"""A lowering pass: a loop too short to pay for waking a second thread runs on one.

TVM's schedules, and ours, share every kernel's outermost loop among the threads, whatever is in it.
"""

from __future__ import annotations

import math
from typing import Any

from ..tvm_stack import compiler
from .lowering_pass import lowering_pass

FORK_CYCLES = 12000  # of TVM's thread pool, spinning: about 2.5 us from a loop's start on a second thread to its end
_VECTOR = 16  # float32 values that are written at once, at most
_PHASE = 1  # of TVM's lowering: loops are there, and not yet unrolled


def serial_small_loops(fork_cycles: int) -> tuple[int, Any]:
    """An entry for `tir.add_lower_pass`: parallel loops of which half lasts less than `fork_cycles` become serial."""
    compiler()
    from tvm import tir

    def serial(loop: Any) -> Any | None:
        if loop.kind != tir.ForKind.PARALLEL or cycles(loop) / 2 > fork_cycles:
            return None
        return tir.For(loop.loop_var, loop.min, loop.extent, tir.ForKind.SERIAL, loop.body)

    return lowering_pass("SerialSmallLoops", _PHASE, "tir.For", serial)


def cycles(statement: Any) -> float:
    """About how long a statement takes: a cycle for each value, or vector of them, that is written."""
    from tvm import tir

    if isinstance(statement, tir.For):
        count = int(statement.extent) if isinstance(statement.extent, tir.IntImm) else math.inf
        vectors = statement.kind == tir.ForKind.VECTORIZED
        return cycles(statement.body) * (math.ceil(count / _VECTOR) if vectors else count)
    if isinstance(statement, tir.SeqStmt):
        return sum(map(cycles, statement.seq))
    if isinstance(statement, tir.IfThenElse):
        return max(cycles(branch) for branch in (statement.then_case, statement.else_case) if branch is not None)
    return cycles(statement.body) if hasattr(statement, "body") else 1
