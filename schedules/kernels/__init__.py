"""The kernels, and the registry that says which of them can do a layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ..layers import Layer
from ..machines import Machine
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
    transposed_conv2d,
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
    pool2d,
    integer_depthwise,
    paired_depthwise,
    integer_conv2d,
    integer_dense,
    integer_transposed,
    plain_loops,
)
KERNELS: dict[str, Kernel] = {module.KERNEL.name: module.KERNEL for module in _MODULES}


@dataclass(frozen=True)
class Candidate:
    """A kernel with one of its configs: all that is needed to compute a layer."""

    kernel: Kernel
    config: Any

    @property
    def settings(self) -> dict[str, Any]:
        """The config as plain values, for records."""
        return asdict(self.config)


def candidates(layer: Layer, machine: Machine) -> Iterator[Candidate]:
    """Everything that can compute `layer` on `machine`, what to take without a record first."""
    for kernel in KERNELS.values():
        if isinstance(layer, kernel.layer) and layer.dtype in kernel.types:
            yield from (Candidate(kernel, config) for config in kernel.space(layer, machine.computing(layer.dtype)))


def candidate(kernel: str, config: dict[str, Any]) -> Candidate:
    """The candidate with these `settings`.  Raises KeyError or TypeError for one that this version does not have."""
    known = KERNELS[kernel]
    return Candidate(known, known.config(**config))


__all__ = ["KERNELS", "Candidate", "Kernel", "candidate", "candidates"]
