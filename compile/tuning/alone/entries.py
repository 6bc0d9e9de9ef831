"""What an outcome puts down in the log."""

from __future__ import annotations

from ....schedules.layers import to_key
from ...tvm_stack import TVM_VERSION
from ..record import Failure, Record
from .run import Alone
from .trial import Outcome


def entries_of(outcome: Outcome, run: Alone) -> list[Record | Failure]:
    """The lines of an outcome; a trial lost with its board is none: it may do well on another."""
    one = outcome.trial.candidate
    key = (to_key(outcome.trial.layer), run.target.name, TVM_VERSION, one.kernel.name, one.settings)
    if outcome.failed == "board":
        return []
    if outcome.failed is not None:
        return [Failure(*key, outcome.failed, outcome.message, "alone", run.clock)]
    cpu = run.slots.state.cpu.model
    times = outcome.microseconds.items()
    return [Record(*key, count, round(taken, 3), cpu, "", "alone", run.clock) for count, taken in times]
