"""The nearest of a layer take turns on the boards before one of them wins, as `play_off` has them do in a network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ....schedules import machines
from ....schedules.layers import to_key
from ...progress import Progress
from ...schedule_text import layer_text
from ..choice import RecordedChoice
from ..choose import require_choice
from ..log import append, read_log
from ..progressing import Progressing
from ..race import TURNS, Race
from ..watch import Watch
from .entries import entries_of
from .measuring import Measuring
from .run import Alone
from .trial import Outcome

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate


def take_turns(watch: Watch, run: Alone, measure: Measuring, progress: Progress) -> None:
    """Measure again what is not settled; nothing on this machine, where that is done in the network, or by a model."""
    if run.slots.here or run.clock == "modelled":
        return
    for one in watch.tasks:
        while (contenders := _unsettled(one, run)) and run.budget.seconds_left > 0:
            progress(f"the nearest of {layer_text(json.loads(to_key(one.task.layer)))} take turns")
            if not _measured(one, contenders, run, measure):
                break


def _unsettled(one: Progressing, run: Alone) -> list[Candidate]:
    """The contenders of a layer by the log, whichever run wrote it; none when all were measured often enough."""
    its = read_log(run.target.name, run.logs).of_cpu(run.cpu).records
    records = [one for one in its if (one.place, one.clock) == ("alone", run.clock)]
    known = RecordedChoice(records, machines.get(str(run.target.machine)))
    return Race(known, records, run.threads).contenders(one.task.layer)


def _measured(one: Progressing, contenders: list[Candidate], run: Alone, measure: Measuring) -> bool:
    """Whether each was measured as often as it had its turn: a board may have died."""
    layer, failed = one.task.layer, False

    def put_down(outcome: Outcome) -> None:
        nonlocal failed
        failed = failed or outcome.failed is not None
        append(entries_of(outcome, run), run.logs)

    measure(layer, contenders, put_down, TURNS)
    one.settle(require_choice(run.target, run.logs))
    return not failed
