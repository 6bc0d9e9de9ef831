"""Registering Relay operators of our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def operator(
    name: str,
    what: str,
    arguments: Mapping[str, str],
    type_of: Callable[[Any, Any], Any],
    pattern: str,
    strategy: Callable[..., Any],
) -> Any:
    """A new operator called `name`; names that begin with "tilewright." are those of layers.

    arguments  each one's name, and what it is
    type_of    (types of the arguments, attributes) -> the type of the result
    pattern    how it is fused with its neighbours: a name of tvm.relay.op.OpPattern
    strategy   as `implemented` makes one
    """
    from tvm import relay, target
    from tvm.relay.op import op as registry

    registry.register(name, what)
    made = relay.op.get(name)
    made.set_num_inputs(len(arguments))  # before add_type_rel, which builds the operator's type
    for argument, meaning in arguments.items():
        made.add_argument(argument, "Tensor", meaning)
    made.set_attrs_type_key("DictAttrs")
    made.add_type_rel(f"{name}.type", type_of)
    registry.register_pattern(name, getattr(registry.OpPattern, pattern))
    registry.register_stateful(name, False)
    registry.register_strategy(name, target.override_native_generic_func(f"{name}.strategy")(strategy))
    return made


def implemented(name: str, compute: Callable[[Any], Any], schedule: Callable[[Any], Any]) -> Any:
    """The OpStrategy with one implementation: tensors -> tensors, and tensors -> te.Schedule."""
    from tvm.relay.op import op as registry

    strategy = registry.OpStrategy()
    strategy.add_implementation(
        lambda _attrs, tensors, _type: compute(tensors), lambda _attrs, results, _target: schedule(results), name=name
    )
    return strategy
