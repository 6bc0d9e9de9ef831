"""A kernel by itself with its schedule, as TVM builds it."""

from __future__ import annotations

from typing import Any

from ..layers import Layer
from ..machines import Machine
from ..traces.lowering import lowered_alone
from . import Candidate
from .alone import arguments


def build_alone(layer: Layer, chosen: Candidate, machine: Machine, target: Any, name: str = "kernel") -> Any:
    """TVM's module with one function `name` of data, packed weights and result, built as the PassContext says.

    Raises TraceMisfit for a trace that does not fit the layer.
    """
    import tvm

    if chosen.traced:
        return tvm.build(lowered_alone(layer, chosen, name), target=target)
    tensors = arguments(layer, chosen)
    result = chosen.kernel.compute(layer, chosen.config, *tensors)
    plan = chosen.kernel.schedule(layer, chosen.config, machine.computing(layer.dtype), result)
    return tvm.build(plan, [*tensors, result], target=target, name=name)
