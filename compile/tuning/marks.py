"""The marks in a tuning log, each a JSON object: a layer that is finished, a right answer, a winner that was beaten."""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass
from typing import Any

from .record import Clock, Place, name_of, stated, to_json


@dataclass(frozen=True)
class Finished:
    """All candidates of `layer` have been tried with `finished` threads, though compaction may have thrown most away.

    space         of these candidates (`space_of`): another version of the project has others
    place, clock  as a record's; None, as in old lines: anywhere
    cpu           that measured them; None on boards of one design, and in old lines
    """

    layer: str
    target: str
    tvm: str
    finished: int
    space: str
    place: Place | None = None
    clock: Clock | None = None
    cpu: str | None = None

    def to_line(self) -> str:
        """Compact JSON."""
        return to_json(stated(self))


@dataclass(frozen=True)
class Checked:
    """The candidate gave the right answer on the processor `checked`, so that the next run does not ask again."""

    layer: str
    target: str
    tvm: str
    kernel: str
    config: dict[str, Any]
    checked: str

    def to_line(self) -> str:
        """Compact JSON."""
        return to_json(asdict(self))

    @functools.cached_property
    def candidate(self) -> str:
        """See `name_of`."""
        return name_of(self.kernel, self.config)


@dataclass(frozen=True)
class Beaten:
    """In turns with it the default was faster, on the processor `beaten` in `network`, where it is taken again."""

    layer: str
    target: str
    tvm: str
    kernel: str
    config: dict[str, Any]
    beaten: str
    network: str

    def to_line(self) -> str:
        """Compact JSON."""
        return to_json(asdict(self))

    @functools.cached_property
    def candidate(self) -> str:
        """See `name_of`."""
        return name_of(self.kernel, self.config)
