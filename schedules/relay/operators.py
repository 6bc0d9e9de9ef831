"""Relay operators of our own, one for each kind of layer, whose attributes say which kernel computes them and how.

So a module with the choices made is complete: lowering looks nothing up, two builds of it are the same, and printing
it shows every choice.  Elementwise operators that follow are fused into the kernel, as into TVM's own convolutions.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

from .. import machines
from ..kernels import Candidate, candidate
from ..layers import Layer, from_key, kind, to_key
from . import register


def call(layer: Layer, chosen: Candidate, machine: str, data: Any, *weights: Any) -> Any:
    """The Relay call that computes `layer` by `chosen` for `machine`; `weights` are the model's own, not packed."""
    import tvm
    from tvm import relay

    attributes = tvm.ir.make_node(
        "DictAttrs",
        type=relay.TensorType(layer.out_shape, layer.out_dtype),
        macs=layer.macs,
        work=chosen.kernel.work(layer, chosen.config),
        kernel=chosen.kernel.name,
        config=json.dumps(chosen.settings),
        layer=to_key(layer),
        machine=machine,
    )
    packed = chosen.kernel.pack(layer, chosen.config, *weights)
    arguments = [data, *(packed if isinstance(packed, tuple) else (packed,))]
    name = f"tilewright.{'integer_' if layer.integer else ''}{kind(layer)}{'_of_levels' if layer.of_levels else ''}"
    return relay.Call(_operator(name, len(arguments)), arguments, attributes)


def stated(function: Any) -> Iterator[dict[str, Any]]:
    """What the operators of ours in a Relay function state, in order: each one's `layer`, `kernel` and `config`."""
    from tvm import relay

    found: list[Any] = []

    def visit(node: Any) -> None:
        if isinstance(node, relay.Call) and getattr(node.op, "name", "").startswith("tilewright."):
            found.append(node.attrs)

    relay.analysis.post_order_visit(function, visit)
    for attrs in found:
        yield {"layer": attrs["layer"], "kernel": attrs["kernel"], "config": json.loads(attrs["config"])}


@functools.cache
def _operator(name: str, arguments: int) -> Any:
    """The Relay operator called `name`, registered at its first use."""
    meanings = {f"argument{number}": "packed weights" if number else "activations" for number in range(arguments)}
    what = "computed by a kernel of tilewright.schedules"
    return register.operator(
        name, what, meanings, lambda _types, attrs: attrs["type"], "OUT_ELEMWISE_FUSABLE", _strategy
    )


def _strategy(attrs: Any, inputs: Any, out_type: Any, target: Any) -> Any:
    """One implementation: the one that the attributes name."""
    layer = from_key(attrs["layer"])
    machine = machines.get(attrs["machine"]).computing(layer.dtype)
    chosen = candidate(attrs["kernel"], json.loads(attrs["config"]))

    def compute(tensors: Any) -> list[Any]:
        return [chosen.kernel.compute(layer, chosen.config, *tensors)]

    def schedule(results: Any) -> Any:
        return chosen.kernel.schedule(layer, chosen.config, machine, results[0])

    return register.implemented(f"tilewright.{chosen.kernel.name}", compute, schedule)
