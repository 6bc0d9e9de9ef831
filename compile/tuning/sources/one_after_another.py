"""First all that one source proposes, then all of the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .source import Source

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate


class OneAfterAnother:
    """See Source."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = deque(sources)
        self._asked: dict[Candidate, Source] = {}

    @property
    def left(self) -> int:
        """See Source."""
        return sum(source.left for source in self._sources)

    def next(self, count: int) -> list[Candidate]:
        """See Source."""
        while self._sources:
            found = self._sources[0].next(count)
            if found:
                self._asked.update(dict.fromkeys(found, self._sources[0]))
                return found
            self._sources.popleft()
        return []

    def tell(self, one: Candidate, seconds: float | None, behind: float) -> None:
        """See Source."""
        self._asked.pop(one).tell(one, seconds, behind)
