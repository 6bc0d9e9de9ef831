"""One trial of one candidate, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..record import FailureKind

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate
    from ....schedules.layers import Layer


@dataclass(frozen=True)
class Trial:
    """What is measured."""

    layer: Layer
    candidate: Candidate


@dataclass(frozen=True)
class Outcome:
    """Microseconds by thread count; or how it failed, and the error's words."""

    trial: Trial
    microseconds: dict[int, float] = field(default_factory=dict)
    failed: FailureKind | None = None
    message: str = ""
