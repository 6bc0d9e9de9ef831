"""The contract of what proposes candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate


class Source(Protocol):
    """Proposes candidates of one task, none twice, and hears how fast they were."""

    @property
    def left(self) -> int:
        """How many there may still be."""
        ...

    def next(self, count: int) -> list[Candidate]:
        """Up to `count`; none when there are no more."""
        ...

    def tell(self, one: Candidate, seconds: float | None, behind: float) -> None:
        """How long a run took, None for a trial that failed; `behind` times as long as the layer's best so far."""
        ...
