"""Schedule steps that the kernels share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def inline_scalars(schedule: te.Schedule, tensor: Any) -> None:
    """Write the constants that `tensor` reads where it reads them: TVM computes each as a tensor of its own."""
    for one in tensor.op.input_tensors:
        if isinstance(one.op, te.ComputeOp) and not one.shape:
            schedule[one].compute_inline()


def register_tile(stage: Any, outer: Sequence[Any], pixels: Sequence[Any], filters: Any, lanes: int) -> None:
    """Inside the loops `outer`, the sums of all `pixels` and `filters` at once, in vectors of `lanes` filters.

    All is unrolled, so that LLVM keeps each vector of sums in a register of its own.
    """
    vector, lane = stage.split(filters, factor=lanes)
    stage.reorder(*outer, *pixels, vector, lane)
    for axis in (*pixels, vector):
        stage.unroll(axis)
    stage.vectorize(lane)


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
