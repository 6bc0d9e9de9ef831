"""All candidates, in the order that they are given in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate


class InOrder:
    """See Source."""

    def __init__(self, left: Sequence[Candidate]) -> None:
        self._left = list(left)

    @property
    def left(self) -> int:
        """See Source."""
        return len(self._left)

    def next(self, count: int) -> list[Candidate]:
        """See Source."""
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def tell(self, one: Candidate, seconds: float | None, behind: float) -> None:
        """See Source: nothing is made of it."""
