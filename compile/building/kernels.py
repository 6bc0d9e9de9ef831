"""What each kernel of a built module computes: operators, multiply-accumulates, memory traffic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..bundle.manifest import KernelRecord
from ..relay_costs import total_macs, total_work, traffic_bytes


def describe_kernels(function_metadata: Mapping[str, Any]) -> tuple[KernelRecord, ...]:
    """The kernels of a graph executor factory, from TVM's own record of the Relay function behind each."""
    from ...schedules.relay.operators import stated

    kernels = []
    for name, info in function_metadata.items():
        functions = [function for _, function in info.relay_primfuncs.items()]
        if name.startswith("__") or not functions:
            continue  # the whole graph, not a kernel
        function = functions[0]
        kernels.append(
            KernelRecord(
                name,
                _operators(function),
                _shape(function),
                total_macs(function),
                total_work(function),
                traffic_bytes(function),
                next(stated(function), None),
            )
        )
    return tuple(kernels)


def _operators(function: Any) -> tuple[str, ...]:
    from tvm import ir, relay

    names: list[str] = []

    def visit(node: Any) -> None:
        if isinstance(node, relay.Call) and isinstance(node.op, ir.Op):
            names.append(node.op.name.removeprefix("nn.").removeprefix("contrib_"))

    relay.analysis.post_order_visit(function, visit)
    return tuple(names)


def _shape(function: Any) -> tuple[int, ...]:
    returned = function.ret_type
    first = returned.fields[0] if hasattr(returned, "fields") else returned
    return tuple(int(dim) for dim in first.shape)
