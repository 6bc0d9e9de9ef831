"""The contract between a kernel and everything that uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..layers import FLOAT
from ..machines import Machine

INTEGERS = ("uint8", "int8")


@dataclass(frozen=True)
class Kernel:
    """One algorithm for one kind of layer, with the schedules it can have.

    name      as records, Bundles and `tilewright explain` print it
    layer     the type of what it computes: Conv2d, Dense...
    config    the frozen dataclass of its choices, all int or str
    space     (layer, machine) -> configs, the one to take without a record first; empty: this kernel does not do it
    pack      (layer, config, *weights) -> the weights as `compute` reads them, all Relay; it runs once, at load
    compute   (layer, config, data, *weights) -> result, all te.Tensor: the algorithm
    work      (layer, config) -> multiply-adds of this algorithm, with what it computes in vain
    schedule  (layer, config, machine, result) -> te.Schedule, `result` being the end of the fused operators
    types     of activations that it computes on
    """

    name: str
    layer: type
    config: type
    space: Callable[[Any, Machine], Sequence[Any]]
    pack: Callable[..., Any]
    compute: Callable[..., Any]
    work: Callable[[Any, Any], int]
    schedule: Callable[[Any, Any, Machine, Any], Any]
    types: tuple[str, ...] = (FLOAT,)
