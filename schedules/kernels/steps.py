"""Schedule steps that the kernels share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tvm import te


def find(result: Any, name: str) -> Any:
    """The tensor called `name` among those that `result` is computed from.  Raises KeyError when there is none."""
    for op in _ancestors(result.op):
        if op.name == name:
            return op.output(0)
    raise KeyError(name)


def inline_epilogue(schedule: te.Schedule, result: Any, last: Any) -> None:
    """Compute everything from `last` to `result` (bias, residual, activation) where `result` is written.

    `last` itself too, unless it is `result`: the values then never leave the registers.
    """
    kernel = {op for op in _ancestors(last.op) if not op.same_as(last.op)}
    for op in _ancestors(result.op):
        if isinstance(op, te.ComputeOp) and op not in kernel and not op.same_as(result.op):
            schedule[op].compute_inline()


def _ancestors(op: Any) -> Iterator[Any]:
    """`op` and all it is computed from, each once."""
    seen: set[Any] = set()
    waiting = [op]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        yield one
        waiting += [tensor.op for tensor in one.input_tensors]
