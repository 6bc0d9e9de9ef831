"""How long work says what it is doing."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told each stage as it starts; with `total`, also how much of it is done."""

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> None:
        """`stage` in a few words; `done` of `total` pictures."""
        ...


def silent(stage: str, done: int = 0, total: int = 0) -> None:
    """Nobody listens."""
