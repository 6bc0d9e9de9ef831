"""What a form of stored weights must know of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


class Form(Protocol):
    """Weights as a level each and a scale a group: weight = level * scale.

    name     as in `--weights-only`
    largest  the level that a group's largest weight falls on, when nothing is clipped
    clips    which shares of its largest weight a group's scale is tried for: few bits gain by clipping
    group    how many weights share a scale unless said; None: a whole filter
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def largest(self) -> float: ...  # noqa: D102
    @property
    def clips(self) -> tuple[float, ...]: ...  # noqa: D102
    @property
    def group(self) -> int | None: ...  # noqa: D102

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """The levels nearest to `values`, float32; what is too large becomes the last one."""
        ...

    def pack(self, levels: np.ndarray) -> np.ndarray:
        """(rows, inputs) levels as they are stored, uint8 (rows, bytes)."""
        ...

    def unpack(self, packed: np.ndarray, inputs: int) -> np.ndarray:
        """The levels again, float32 (rows, inputs)."""
        ...

    def relay(self, packed: Any, rows: int, inputs: int) -> Any:
        """`unpack` in Relay, to the bit, of bytes that were cast to int32."""
        ...


@dataclass(frozen=True)
class Grid:
    """What all forms have: see `Form`."""

    name: str
    largest: float
    clips: tuple[float, ...] = (1.0,)
    group: int | None = None
