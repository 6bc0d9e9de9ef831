"""What the counting plugin counted, as a value: read, subtracted, divided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Counts:
    """Of all guest code of a process since it began, or of one piece of it after a subtraction.

    Each instruction is in one class, so that the nine classes add up to `instructions`; pairs and structures of
    registers are one instruction.  `multiply_adds` are operations: lanes, for dot products and widening multiplies
    every product.  `l2_lines` are cache lines that the first level lacked and the second had, `memory_lines` those
    that no cache had; `..._streamed` the ones that the prefetcher had asked for, and stores.  `issue_cycles` are the
    modelled cycles without cache misses, by the name of the set of constants.
    """

    instructions: float = 0
    loads: float = 0
    stores: float = 0
    fp32_multiply_adds: float = 0
    fp16_multiply_adds: float = 0
    dot_products: float = 0
    widening_multiplies: float = 0
    other_vector: float = 0
    branches: float = 0
    other_integer: float = 0
    load_bytes: float = 0
    store_bytes: float = 0
    multiply_adds: float = 0
    l2_lines: float = 0
    l2_lines_streamed: float = 0
    l3_lines: float = 0
    l3_lines_streamed: float = 0
    memory_lines: float = 0
    memory_lines_streamed: float = 0
    issue_cycles: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def l1_misses(self) -> float:
        """Lines that the first level lacked."""
        return self.l2_lines + self.l2_lines_streamed + self.l2_misses

    @property
    def l2_misses(self) -> float:
        """Lines that neither the first level nor the second had."""
        return self.l3_lines + self.l3_lines_streamed + self.memory_lines + self.memory_lines_streamed

    def __sub__(self, before: Counts) -> Counts:
        return _combine(lambda mine, other: mine - other, self, before)

    def __truediv__(self, runs: float) -> Counts:
        # A difference of counts near zero may be less than none, by a line that only the earlier reading missed.
        return _combine(lambda mine, _: max(0.0, mine / runs), self, self)


_ISSUE = "issue_cycles"
NUMBERS = tuple(one.name for one in fields(Counts) if one.name != _ISSUE)


def parse(text: str) -> Counts:
    """Counts of the lines that the plugin wrote: `name value`, and `issue_cycles.NAME value` for each set."""
    values = {name: float(value) for name, value in (line.split() for line in text.splitlines())}
    cycles = {name.removeprefix(f"{_ISSUE}."): values[name] for name in values if name.startswith(f"{_ISSUE}.")}
    return Counts(**{name: values[name] for name in NUMBERS}, issue_cycles=MappingProxyType(cycles))


def to_json(counts: Counts) -> dict[str, Any]:
    """`counts` as JSON can hold it."""
    return {name: getattr(counts, name) for name in NUMBERS} | {_ISSUE: dict(counts.issue_cycles)}


def from_json(row: Mapping[str, Any]) -> Counts:
    """The Counts that `to_json` wrote."""
    return Counts(**{name: row[name] for name in NUMBERS}, issue_cycles=MappingProxyType(dict(row[_ISSUE])))


def _combine(function: Callable[[float, float], float], one: Counts, other: Counts) -> Counts:
    numbers = {name: function(getattr(one, name), getattr(other, name)) for name in NUMBERS}
    cycles = {name: function(value, other.issue_cycles[name]) for name, value in one.issue_cycles.items()}
    return Counts(**numbers, issue_cycles=MappingProxyType(cycles))
