"""What a probe hands to whoever builds and times it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tvm import te


@dataclass(frozen=True)
class Probe:
    """A kernel to build with `tvm.build(schedule, list(arguments), target)` and to call over and over.

    arguments  float32 te.Tensors in call order, the inputs first, the result last; any finite values will do
    work       what one call does, in `unit`
    unit       "FLOP" or "byte"
    """

    schedule: te.Schedule
    arguments: tuple[Any, ...]  # TVM's own annotations of tensors mislead type checkers
    work: int
    unit: str
