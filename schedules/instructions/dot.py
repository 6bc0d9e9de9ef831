"""The product of four neighbouring 8-bit values with four weights for each lane of a vector, added to 32-bit sums."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tvm import te, tir

QUAD = 4  # values that are multiplied and added at once


@dataclass(frozen=True)
class Dot:
    """An instruction, or a few, that do this.

    name    of the instruction
    data    "uint8" or "int8": the type of the activations; weights are int8
    bits    of the weights with which no sum overflows on the way
    lanes   of sums that it can have
    emit    (sums, the four values in each lane as int32, weights) -> sums, all TIR vectors of so many lanes
    least   of the weights with which no sum overflows on the way
    between registers that products take on their way to the sums
    spreads whether lanes may have different values, as a depthwise convolution has; else all have the same four
    """

    name: str
    data: str
    bits: int
    lanes: tuple[int, ...]
    emit: Callable[[Any, Any, Any], Any]
    least: int = -128
    between: int = 0
    spreads: bool = True


@functools.cache
def intrinsic(dot: Dot, lanes: int, scope: str = "local") -> Any:
    """The TensorIntrin for a loop over `lanes` filters and QUAD values of one pixel, for `Stage.tensorize`.

    The sums lie in memory of `scope`.
    """
    data = te.placeholder((QUAD,), dot.data, "data")

    def four(buffer: Any) -> list[Any]:
        value = tir.call_intrin("int32", "tir.reinterpret", buffer.vload([0], f"{dot.data}x{QUAD}"))
        return [value.astype(f"int32x{lanes}")]

    return declare(dot, lanes, data, [1], lambda lane, step: data[step], four, scope)


def declare(
    dot: Dot, lanes: int, data: Any, strides: list[int], value: Any, four: Any, scope: str = "local", vectors: int = 1
) -> Any:
    """The TensorIntrin that adds value(lane, step) * weights[lane, step] to the sums of `vectors` times `lanes` lanes.

    `data` is a placeholder whose elements lie `strides` apart; `four` gives, for each vector, a buffer's values as its
    lanes need them, QUAD steps at once.
    """
    weights = te.placeholder((vectors * lanes, QUAD), "int8", "weights")
    step = te.reduce_axis((0, QUAD), "step")
    sums: Any = te.compute(
        (vectors * lanes,),
        lambda lane: te.sum(value(lane, step).astype("int32") * weights[lane, step].astype("int32"), axis=step),
        name="sums",
    )
    close: dict[str, Any] = {"offset_factor": 1}
    buffers = {
        data: tir.decl_buffer(data.shape, dot.data, "data", strides=strides, **close),
        weights: tir.decl_buffer(weights.shape, "int8", "weights", strides=[te.var("row"), 1], **close),
        sums: tir.decl_buffer(sums.shape, "int32", "sums", scope=scope, strides=[1], **close),
    }

    def emit(ins: Any, outs: Any) -> tuple[Any, Any, Any]:
        """(all at once, the start, one more step)."""
        kind = f"int32x{lanes}"
        zero, starts = tir.const(0, kind), [vector * lanes for vector in range(vectors)]

        def stored(before: Any) -> Any:
            values = four(ins[0])
            rows = [ins[1].vload([start, 0], f"int8x{lanes * QUAD}") for start in starts]
            found = [dot.emit(before(start), data, row) for start, data, row in zip(starts, values, rows, strict=True)]
            return _all(outs[0].vstore(start, one) for start, one in zip(starts, found, strict=True))

        return (
            stored(lambda start: zero),
            _all(outs[0].vstore(start, zero) for start in starts),
            stored(lambda start: outs[0].vload([start], kind)),
        )

    return te.decl_tensor_intrin(sums.op, emit, binds=buffers, default_buffer_params=close)


def _all(statements: Iterable[Any]) -> Any:
    """One statement as it is, several in their order."""
    found = list(statements)
    return found[0] if len(found) == 1 else tir.SeqStmt(found)
