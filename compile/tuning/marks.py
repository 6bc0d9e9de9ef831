"""The marks in a tuning log, each a JSON object: a layer that is finished, a right answer, a winner that was beaten."""

from __future__ import annotations

from dataclasses import dataclass

from .record import Clock, Line, OfCandidate, Place


@dataclass(frozen=True)
class Finished(Line):
    """All candidates of `layer` have been tried with `finished` threads, though compaction may have thrown most away.

    space         of these candidates (`space_of`): another version of the project has others
    place, clock  as a record's; None, as in old lines: anywhere
    cpu           that measured them; None on boards of one design, and in old lines
    """

    finished: int
    space: str
    place: Place | None = None
    clock: Clock | None = None
    cpu: str | None = None


@dataclass(frozen=True)
class Checked(OfCandidate):
    """The candidate gave the right answer on the processor `checked`, so that the next run does not ask again."""

    checked: str


@dataclass(frozen=True)
class Beaten(OfCandidate):
    """In turns with it the default was faster, on the processor `beaten` in `network`, where it is taken again."""

    beaten: str
    network: str
