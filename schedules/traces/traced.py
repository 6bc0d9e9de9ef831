"""A computation that names the trace by which it is to be scheduled, so that nothing has to be looked up for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tvm import te, tir

from ..layers import Layer, from_key, to_key

_LAYER, _KERNEL, _TRACE = "tilewright.layer", "tilewright.kernel", "tilewright.trace"
NO_STEPS = "[[],[]]"  # a trace's JSON


class TraceMisfit(ValueError):
    """A trace that cannot be replayed on the computation that states it."""


@dataclass(frozen=True)
class Config:
    """trace: MetaSchedule's steps and decisions, those of its post-processing too, in `tir.schedule.Trace`'s JSON."""

    trace: str

    @classmethod
    def of(cls, trace: tir.schedule.Trace) -> Config:
        """As records keep it."""
        return cls(json.dumps(trace.as_json(), separators=(",", ":")))


def attributes(layer: Layer, kernel: str, config: Config) -> dict[str, str]:
    """For the `te.compute` of the layer's sums; they become annotations of its TIR block."""
    return {_LAYER: to_key(layer), _KERNEL: kernel, _TRACE: config.trace}


@dataclass(frozen=True)
class Anchor:
    """What a computation states about itself (`attributes`)."""

    layer: Layer
    kernel: str
    config: Config


def anchor_of(outputs: Iterable[Any]) -> Anchor | None:
    """What the te.Tensors `outputs` state about how they are computed; None where no trace schedules them."""
    anchors = (of_annotations(getattr(operation, "attrs", None)) for operation in _operations(outputs))
    return next((anchor for anchor in anchors if anchor is not None), None)


def anchor_of_module(module: Any) -> Anchor | None:
    """What a block of a module's TIR functions states; None where no trace schedules them."""
    found: list[Anchor | None] = []
    for function in module.functions.values():
        tir.stmt_functor.post_order_visit(
            function.body, lambda node: found.append(of_annotations(getattr(node, "annotations", None)))
        )
    return next((anchor for anchor in found if anchor is not None), None)


def of_annotations(stated: Any) -> Anchor | None:
    """The anchor that the attributes of a TE operation, or the annotations of a TIR block, are."""
    if not stated or _TRACE not in stated:
        return None
    return Anchor(from_key(str(stated[_LAYER])), str(stated[_KERNEL]), Config(str(stated[_TRACE])))


def _operations(tensors: Iterable[Any]) -> Iterator[Any]:
    waiting, seen = [tensor.op for tensor in tensors], set()
    while waiting:
        operation = waiting.pop()
        if operation not in seen:
            seen.add(operation)
            yield operation
            waiting += [tensor.op for tensor in operation.input_tensors]


def replay(config: Config, module: Any) -> tir.Schedule:
    """The schedule of `module`, whose one function computes what the trace was made for.

    Raises TraceMisfit for a trace that was made for another, or by a version of TVM with other steps.
    """
    schedule = tir.Schedule(module)
    try:
        tir.schedule.Trace.apply_json_to_schedule(json.loads(config.trace), schedule)
    except Exception as error:  # TVM's, of many kinds
        raise TraceMisfit(_last_line(error)) from None
    return schedule


def no_te_schedule(layer: Layer, _config: Config, _machine: Any, _result: Any) -> te.Schedule:
    """`Kernel.schedule` of these kernels, which have none: TIR is scheduled, by `replay`."""
    raise RuntimeError(f"{to_key(layer)} is scheduled by a trace, which nothing replayed (schedules.traces.lowering)")


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
