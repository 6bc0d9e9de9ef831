"""The kernels, and the registry that says which of them can do a layer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ..layers import Layer
from ..machines import Machine
from ..traces.traced import NO_STEPS
from ..traces.traced import Config as TraceConfig
from . import (
    dense,
    depthwise_conv2d,
    direct_conv2d,
    expanded_depthwise,
    integer_conv2d,
    integer_dense,
    integer_depthwise,
    integer_transposed,
    paired_depthwise,
    plain_loops,
    pool2d,
    sparse_conv2d,
    sparse_dense,
    traced_conv2d,
    traced_dense,
    transposed_conv2d,
    tvm_conv2d,
    winograd_conv2d,
)
from .kernel import Kernel

_MODULES = (
    winograd_conv2d,
    depthwise_conv2d,
    direct_conv2d,
    expanded_depthwise,
    transposed_conv2d,
    dense,
    sparse_conv2d,
    sparse_dense,
    pool2d,
    integer_depthwise,
    paired_depthwise,
    integer_conv2d,
    integer_dense,
    integer_transposed,
    plain_loops,
)
_OURS: tuple[Kernel, ...] = tuple(module.KERNEL for module in _MODULES)
_TEMPLATES: tuple[Kernel, ...] = (tvm_conv2d.KERNEL,)
_TRACED = (traced_conv2d, traced_dense)
KERNELS: dict[str, Kernel] = {
    kernel.name: kernel for kernel in (*_OURS, *_TEMPLATES, *(module.KERNEL for module in _TRACED))
}


@dataclass(frozen=True)
class Candidate:
    """A kernel with one of its configs: all that is needed to compute a layer."""

    kernel: Kernel
    config: Any

    @property
    def settings(self) -> dict[str, Any]:
        """The config as plain values, for records."""
        return asdict(self.config)

    @property
    def name(self) -> str:
        """Kernel and config as one text, by which records name it."""
        return json.dumps([self.kernel.name, self.settings], sort_keys=True)

    @property
    def traced(self) -> bool:
        """Whether a trace of MetaSchedule's schedules it (schedules.traces)."""
        return isinstance(self.config, TraceConfig)


def candidates(layer: Layer, machine: Machine) -> Iterator[Candidate]:
    """Everything of ours that can compute `layer` on `machine`, what to take without a record first."""
    return _candidates(_OURS, layer, machine)


def default(layer: Layer, machine: Machine) -> Candidate | None:
    """What a build takes without a record, the first of `candidates`; None where no kernel of ours does it."""
    return next(candidates(layer, machine), None)


def templates(layer: Layer, machine: Machine) -> Iterator[Candidate]:
    """TVM's own templates that can compute `layer`, which only a record chooses."""
    return _candidates(_TEMPLATES, layer, machine)


def traceable(layer: Layer) -> Kernel | None:
    """The kernel whose schedules MetaSchedule searches for `layer`; None where there is none."""
    of_its_kind = (module for module in _TRACED if isinstance(layer, module.KERNEL.layer))
    return next((module.KERNEL for module in of_its_kind if module.does(layer)), None)


def unscheduled(layer: Layer) -> Candidate | None:
    """The definition of `layer` as loops over scalars, of what MetaSchedule can search: a trace without a step."""
    kernel = traceable(layer)
    return None if kernel is None else Candidate(kernel, TraceConfig(NO_STEPS))


def _candidates(kernels: Iterable[Kernel], layer: Layer, machine: Machine) -> Iterator[Candidate]:
    for kernel in kernels:
        if isinstance(layer, kernel.layer) and layer.dtype in kernel.types:
            yield from (Candidate(kernel, config) for config in kernel.space(layer, machine.computing(layer.dtype)))


def candidate(kernel: str, config: dict[str, Any]) -> Candidate:
    """The candidate with these `settings`.  Raises KeyError or TypeError for one that this version does not have."""
    known = KERNELS[kernel]
    return Candidate(known, known.config(**config))


__all__ = ["KERNELS", "Candidate", "Kernel", "candidate", "candidates", "templates", "traceable", "unscheduled"]
