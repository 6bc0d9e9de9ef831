"""What a tuning run is asked for, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..boards.choice import BoardChoice
from ..targets import Target
from .budget import Budget
from .verdict import Verdict
from .watch import Watch


@dataclass(frozen=True)
class TuneOptions:
    """`threads` None: 1 and 2 here (1 on a single core), all of a board's cores there, 1 where the clock is modelled.

    tuner  "auto": the kernels' own spaces, inside the networks here and alone on a board, then MetaSchedule where that
           came near; or see `sources.tuner_named`
    logs   the folder that is read and appended to
    transfer  what is known of like layers and of sibling targets says what to try first, and the kept cost model
    """

    target: Target
    logs: Path
    tuner: str = "auto"
    threads: tuple[int, ...] | None = None
    budget: Budget = field(default_factory=Budget)
    board: BoardChoice = field(default_factory=BoardChoice)
    boxes: int | None = None
    transfer: bool = True


@dataclass(frozen=True)
class Tuned:
    """What a run gave: how many records came in, by a modelled clock or not; each task; what it was worth.

    passed_over  what was not used or not done, a sentence each
    """

    records: int
    watch: Watch
    modelled: bool = False
    passed_over: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
