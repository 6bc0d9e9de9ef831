"""A Relay operator of our own: a sparse weight, unpacked.

Layers with a kernel for sparse weights take its operands in its place (`blocks_of`); what is left is unpacked at load.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ..sparse_blocks import BLOCK
from . import register

_NAME = "sparse_weight"


def sparse_weight(blocks: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """The Relay call that gives the weights, of `shape` (outputs, inputs, ...), for a SparseBlocks' three arrays."""
    import tvm
    from tvm import relay

    attributes = tvm.ir.make_node("DictAttrs", type=relay.TensorType(shape, "float32"))
    return relay.Call(_operator(), list(blocks), attributes)


def blocks_of(weight: Any) -> tuple[Any, Any, Any] | None:
    """Values, places and starts of a weight that is such a call; None for any other."""
    if getattr(getattr(weight, "op", None), "name", "") != _NAME:
        return None
    values, places, starts = weight.args
    return values, places, starts


@functools.cache
def _operator() -> Any:
    """The operator, registered at its first use."""
    arguments = {"values": "of the blocks", "places": "their inputs", "starts": "where each tile's blocks begin"}
    return register.operator(
        _NAME, "a sparse weight, unpacked", arguments, lambda _types, attrs: attrs["type"], "OPAQUE", _strategy
    )


def _strategy(attrs: Any, inputs: Any, out_type: Any, target: Any) -> Any:
    from tvm import te

    shape = [int(size) for size in attrs["type"].shape]

    def compute(tensors: Any) -> list[Any]:
        return [
            te.extern([shape], tensors, lambda given, made: _unpack(given, made[0], shape), dtype="float32", name=_NAME)
        ]

    return register.implemented(_NAME, compute, lambda results: te.create_schedule([one.op for one in results]))


def _unpack(blocks: Sequence[Any], made: Any, shape: list[int]) -> Any:
    """Zeros, and what is there in its place."""
    from tvm import tir

    builder = tir.ir_builder.create()
    value, place, start, out = (builder.buffer_ptr(one) for one in (*blocks, made))
    outputs, inputs, *_ = shape
    with builder.for_range(0, outputs * inputs) as at:
        out[at] = tir.const(0, "float32")
    with (
        builder.for_range(0, -(-outputs // BLOCK)) as tile,
        builder.for_range(0, start[tile + 1] - start[tile]) as step,
    ):
        block = start[tile] + step
        with builder.for_range(0, BLOCK) as lane, builder.if_scope(tile * BLOCK + lane < outputs):
            at = (tile * BLOCK + lane) * inputs + place[block]
            out[at] += value[block * BLOCK + lane]  # blocks that only fill up name input 0 once more
    return builder.get()
