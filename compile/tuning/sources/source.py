"""The contract of what proposes candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate


class Source(Protocol):
    """Proposes candidates of one task, none twice, and hears how fast they were."""

    def next(self, count: int) -> list[Candidate]:
        """Up to `count`; none when there are no more."""
        ...

    def tell(self, one: Candidate, seconds: float | None) -> None:
        """How long a run took; None for a trial that failed."""
        ...
