"""A wrong answer has no speed: what won is run once on values whose answer is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ....schedules.layers import to_key
from ...boards.ask_state import ask_state
from ...boards.connection import Connection
from ...boards.lost import BoardLost
from ...errors import CheckFailed
from ...progress import Progress
from ...schedule_text import layer_text
from ...tvm_stack import TVM_VERSION
from ..choice import require_choice
from ..log import append
from ..record import Failure
from ..watch import Progressing, Watch
from .build_trial import Builders, error_of
from .reference import Reference
from .run import Alone
from .run_trial import answer_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from ....schedules.kernels import Candidate
    from ....schedules.layers import Layer

_SECONDS = 120.0


class _Died(BoardLost):
    """The session died of the candidate; its board did not."""


def check_winners(watch: Watch, run: Alone, builders: Builders, progress: Progress) -> None:
    """Find each measured task's fastest candidate whose answer is right; those whose is not are put down as failed.

    Raises BoardLost when no board is left, which says nothing of a candidate.
    """
    for one in watch.tasks:
        if one.trials and one.winner is not None:
            progress(f"checking the answer of {layer_text(json.loads(to_key(one.task.layer)))}")
            _check(one, run, builders)
            watch.tell()


def _check(one: Progressing, run: Alone, builders: Builders) -> None:
    layer = one.task.layer
    reference = Reference(layer)
    while one.winner is not None and (wrong := _wrong(one, one.winner, reference, run, builders)):
        at = (to_key(layer), run.target.name, TVM_VERSION, one.winner.kernel.name, one.winner.settings)
        failure = Failure(*at, "answer", wrong, "alone", run.clock)
        append([failure], run.logs)
        one.failed("answer", wrong)
        known = require_choice(run.target, run.logs)
        one.winner = next(iter(known.ranked(layer)), None)
        one.best = None if one.winner is None else known.mean_microseconds(layer, one.winner)


def _wrong(one: Progressing, chosen: Candidate, reference: Reference, run: Alone, builders: Builders) -> str:
    """What is wrong with the candidate; empty when its answer is right, or too long in coming to be judged."""
    path, built = builders.submit(one.task.layer, chosen)
    message = error_of(built)
    if built.exception() is not None:  # too long to build, or the process that built it was killed
        return ""
    if message:
        return message
    arguments = reference.arguments(chosen)
    try:
        answer = run.slots.ask(lambda session: _answer(session, path, one.task.layer, arguments))
    except BoardLost as error:
        if not isinstance(error, _Died):
            raise
        return str(error)
    except CheckFailed as error:  # it fails on these values
        return str(error)
    return "" if answer is None or reference.agrees(chosen, answer) else "its answer is wrong"


def _answer(session: Connection, path: Path, layer: Layer, arguments: list[np.ndarray]) -> np.ndarray | None:
    """None when it does not come in time.  Raises _Died when the session dies, BoardLost when the board does."""
    try:
        return answer_of(session, path, layer, arguments, _SECONDS)
    except BoardLost as error:
        ask_state(session.address)  # raises BoardLost when it was not the candidate alone that died
        if "did not answer" in str(error):
            return None
        raise _Died(str(error)) from None
