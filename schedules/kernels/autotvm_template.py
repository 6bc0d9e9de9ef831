"""The kernels as AutoTVM templates: one knob for each field of a config, restricted to the kernel's own space."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from tvm import autotvm, target, te

from .. import machines
from ..layers import Layer, from_key, to_key
from ..machines import Machine
from . import KERNELS, Candidate
from .alone import arguments
from .kernel import Kernel

_NAME = "tilewright"


def task(layer: Layer, kernel: Kernel, machine: Machine, tvm_target: str) -> Any:
    """The AutoTVM task of tuning `kernel` for `layer`.  Raises ValueError where the kernel does not do it."""
    if not kernel.space(layer, machine.computing(layer.dtype)):
        raise ValueError(f"{kernel.name} does not compute {to_key(layer)} on {machine.name}")
    return autotvm.task.create(_NAME, args=(kernel.name, to_key(layer), machine.name), target=target.Target(tvm_target))


def candidate_of(kernel: Kernel, entity: Any) -> Candidate:
    """The candidate that a config of AutoTVM stands for."""
    return Candidate(kernel, kernel.config(**{field.name: entity[field.name].val for field in fields(kernel.config)}))


@autotvm.template(_NAME)
def _template(kernel_name: str, layer_key: str, machine_name: str) -> tuple[te.Schedule, list[Any]]:
    kernel, layer = KERNELS[kernel_name], from_key(layer_key)
    machine = machines.get(machine_name).computing(layer.dtype)
    allowed = list(kernel.space(layer, machine))
    space = autotvm.get_config()
    for field in fields(kernel.config):
        space.define_knob(field.name, list(dict.fromkeys(getattr(one, field.name) for one in allowed)))
    space.add_flop(max(1, 2 * layer.macs))  # AutoTVM cannot count those of copies in blocks of memory
    if hasattr(space, "multi_filter"):  # while the space is defined, not when one config of it is built
        space.multi_filter(lambda entity: candidate_of(kernel, entity).config in allowed)
    chosen = candidate_of(kernel, space)
    if chosen.config not in allowed:
        chosen = Candidate(kernel, allowed[0])  # only to find out what the space looks like
    tensors = arguments(layer, chosen)
    result = kernel.compute(layer, chosen.config, *tensors)
    return kernel.schedule(layer, chosen.config, machine, result), [*tensors, result]
