"""A Relay operator of our own: the scale and zero point that ONNX's DynamicQuantizeLinear gives a tensor.

It runs before every layer of a dynamically quantized network, so the least and greatest value are found in vectors, by
all threads.
"""

from __future__ import annotations

import functools
from math import prod
from typing import Any

from . import register
from .quantize import rounded

_LANES = 64  # values compared at once: enough vectors to hide an instruction's latency
_CHUNK = 8192  # values that are worth a thread
_MOST_CHUNKS = 16
_LEVELS = 255.0


def dynamic_range(expr: Any) -> tuple[Any, Any]:
    """Relay expressions of (scale, float32; zero point, uint8), scalars, so that `expr` and 0 lie on 256 levels."""
    from tvm import relay

    both = relay.Call(_operator(), [expr])
    return relay.TupleGetItem(both, 0), relay.TupleGetItem(both, 1)


@functools.cache
def _operator() -> Any:
    """The operator, registered at its first use."""
    from tvm import relay

    pair = relay.TupleType([relay.TensorType((), "float32"), relay.TensorType((), "uint8")])
    what = "scale and zero point of a tensor"
    return register.operator("dynamic_range", what, {"values": "float32"}, lambda *_: pair, "OPAQUE", _strategy)


def _strategy(attrs: Any, inputs: Any, out_type: Any, target: Any) -> Any:
    from tvm import te

    def compute(tensors: Any) -> list[Any]:
        shapes, types = [(), ()], ["float32", "uint8"]
        return te.extern(shapes, list(tensors), lambda ins, outs: _body(ins[0], *outs), dtype=types, name="range")

    def schedule(results: Any) -> Any:
        return te.create_schedule([one.op for one in results])

    return register.implemented("dynamic_range", compute, schedule)


def _body(values: Any, scale: Any, zero: Any) -> Any:
    """The least and greatest value of each chunk, then of these, then what they make."""
    from tvm import tir

    count = prod(int(size) for size in values.shape)
    chunks = max(1, min(_MOST_CHUNKS, count // _CHUNK))
    length = -(-count // chunks)
    ib = tir.ir_builder.create()
    data = ib.buffer_ptr(values)
    lows = ib.allocate("float32", (chunks * _LANES,), name="lows", scope="global")
    highs = ib.allocate("float32", (chunks * _LANES,), name="highs", scope="global")
    with ib.for_range(0, chunks, name="chunk", kind="parallel") as chunk:
        _extremes_of_chunk(ib, data, lows, highs, chunk, length, count)
    low = ib.allocate("float32", (1,), name="low", scope="local")
    high = ib.allocate("float32", (1,), name="high", scope="local")
    low[0], high[0] = _float(0.0), _float(0.0)
    with ib.for_range(0, chunks * _LANES, name="lane") as lane:
        low[0], high[0] = tir.min(low[0], lows[lane]), tir.max(high[0], highs[lane])
    levels = ib.allocate("float32", (1,), name="levels", scope="local")
    levels[0] = _float(_LEVELS)  # of a constant TVM makes a factor, which rounds differently
    step = (high[0] - low[0]) / levels[0]
    step = tir.Select(high[0] == low[0], _float(1.0), step)
    ib.buffer_ptr(scale)[()] = step
    level = tir.max(tir.min((_float(0.0) - low[0]) / step, _float(_LEVELS)), _float(0.0))
    ib.buffer_ptr(zero)[()] = rounded(level).astype("uint8")
    return ib.get()


def _extremes_of_chunk(ib: Any, data: Any, lows: Any, highs: Any, chunk: Any, length: int, count: int) -> None:
    """Lane by lane; the steps that reach over the tensor's end read its last values again."""
    from tvm import tir

    lanes = min(_LANES, count)

    def each_lane(first: Any, found: bool) -> None:
        with ib.for_range(0, lanes, name="lane", kind="vectorize" if lanes > 1 else "serial") as lane:
            at, value = chunk * _LANES + lane, data[first + lane]
            lows[at] = tir.min(lows[at], value) if found else tir.min(_float(0.0), value)
            highs[at] = tir.max(highs[at], value) if found else tir.max(_float(0.0), value)

    if lanes < _LANES:
        with ib.for_range(0, _LANES - lanes, name="rest") as rest:
            lows[lanes + rest], highs[lanes + rest] = _float(0.0), _float(0.0)
    each_lane(chunk * 0, False)
    with ib.for_range(0, -(-length // lanes), name="step") as step:
        each_lane(tir.min(chunk * length + step * lanes, count - lanes), True)


def _float(value: float) -> Any:
    from tvm import tir

    return tir.const(value, "float32")
