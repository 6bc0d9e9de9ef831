"""A wrong answer has no speed: what won is run once on values whose answer is known."""

from __future__ import annotations

import json
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from ....schedules import machines
from ....schedules.layers import to_key
from ...boards.ask_state import ask_state
from ...boards.connection import Connection
from ...boards.lost import BoardLost
from ...errors import CheckFailed
from ...progress import Progress
from ...schedule_text import layer_text
from ...targets import Target
from ...tvm_stack import TVM_VERSION
from ..choice import RecordedChoice
from ..choose import require_choice
from ..log import append, read_log
from ..marks import Checked
from ..progressing import Progressing
from ..record import Failure
from ..watch import Watch
from .build_trial import Builders, error_of
from .reference import Reference
from .run import Alone
from .run_trial import answer_of
from .trial_kernel import require_build

if TYPE_CHECKING:
    import numpy as np

    from ....schedules.kernels import Candidate
    from ....schedules.layers import Layer

_SECONDS = 120.0


class _Died(BoardLost):
    """The session died of the candidate; its board did not."""


def unchecked(watch: Watch, target: Target, logs: Path) -> list[tuple[Progressing, Candidate]]:
    """The tasks with a winner, of some network, that has never been asked for its answer; each with that winner."""
    log = read_log(target.name, logs)
    known = RecordedChoice(log.records, machines.get(str(target.machine)))
    right = {(one.layer, one.candidate) for one in log.checked}
    its_own = {one.layer for one in log.records}  # a batch without them goes by one picture's
    layers = [(one, one.task.layer, to_key(one.task.layer)) for one in watch.tasks]
    winners = [(one, known.winners(layer), key) for one, layer, key in layers if key in its_own]
    return [(one, winner) for one, all_, key in winners for winner in all_ if (key, winner.name) not in right]


def check_winners(watch: Watch, run: Alone, builders: Builders, progress: Progress) -> None:
    """Find each task's fastest candidate on record whose answer is right; those whose is not are put down as failed.

    What was checked before, by this run or another, is not asked again.
    Raises BoardLost when no board is left, which says nothing of a candidate.
    """
    asked: set[tuple[str, Candidate]] = set()
    while True:  # where one is put down, the next best is to be asked
        winners = [(one, it, (to_key(one.task.layer), it)) for one, it in unchecked(watch, run.target, run.logs)]
        left = [(one, it, key) for one, it, key in winners if key not in asked]
        if not left:
            return
        built = [builders.submit(one.task.layer, winner) for one, winner, _ in left]  # beside what is asked: no clock
        for (one, winner, key), building in zip(left, built, strict=True):
            progress(f"checking the answer of {layer_text(json.loads(key[0]))}")
            asked.add(key)
            _put_down(one, winner, _wrong(one.task.layer, winner, building, run, builders), run)
            watch.tell()


def _put_down(one: Progressing, chosen: Candidate, wrong: str | None, run: Alone) -> None:
    key = (to_key(one.task.layer), run.target.name, TVM_VERSION, chosen.kernel.name, chosen.settings)
    if wrong:
        append([Failure(*key, "answer", wrong, "alone", run.clock)], run.logs)
        one.failed("answer", wrong)
        one.winner = one.best = None
        one.settle(require_choice(run.target, run.logs))
    elif wrong is not None:
        append([Checked(*key, run.slots.state.cpu.model)], run.logs)


def _wrong(
    layer: Layer, chosen: Candidate, building: tuple[Path, Future[str]], run: Alone, builders: Builders
) -> str | None:
    """What is wrong with the candidate; empty when its answer is right, None when that cannot be told in time."""
    path, built = building
    message = error_of(built)
    if built.exception() is not None:  # too long to build, or the process that built it was killed
        return None
    if message:
        require_build(run.target, builders)
        return message
    reference = Reference(layer)
    arguments = reference.arguments(chosen)
    try:
        answer = run.slots.ask(lambda session: _answer(session, path, layer, arguments))
    except BoardLost as error:
        if not isinstance(error, _Died):
            raise
        return str(error)
    except CheckFailed as error:  # it fails on these values
        return str(error)
    if answer is None:
        return None
    return "" if reference.agrees(chosen, answer) else "its answer is wrong"


def _answer(session: Connection, path: Path, layer: Layer, arguments: list[np.ndarray]) -> np.ndarray | None:
    """None when it does not come in time.  Raises _Died when the session dies, BoardLost when the board does."""
    try:
        return answer_of(session, path, layer, arguments, _SECONDS)
    except BoardLost as error:
        ask_state(session.address)  # raises BoardLost when it was not the candidate alone that died
        if "did not answer" in str(error):
            return None
        raise _Died(str(error)) from None
