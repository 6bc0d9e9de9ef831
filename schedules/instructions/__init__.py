"""Instructions that schedules name themselves: the int8 dot products, which no compiler finds, one a file."""

from __future__ import annotations

from dataclasses import replace

from ..machines import Machine
from . import sdot, smlal, vpdpbusd, vpmaddubsw, vpmaddwd
from .dot import Dot
from .unfused import unfused

DOTS: dict[str, Dot] = {module.DOT.name: module.DOT for module in (sdot, smlal, vpdpbusd, vpmaddubsw, vpmaddwd)}


def dot_of(machine: Machine) -> Dot:
    """The dot product of a machine that has one.  Raises KeyError for another."""
    return DOTS[str(machine.dot)]


def with_room(machine: Machine) -> Machine:
    """The machine without the registers that its dot product takes beside sums, weights and a pixel."""
    return replace(machine, vector_registers=machine.vector_registers - dot_of(machine).between)


def multiplies(machine: Machine, dtype: str) -> bool:
    """Whether the machine has a dot product, and it takes activations of this type."""
    return machine.dot is not None and dot_of(machine).data == dtype


__all__ = ["DOTS", "Dot", "dot_of", "multiplies", "unfused", "with_room"]
