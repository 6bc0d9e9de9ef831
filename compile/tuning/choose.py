"""The choice that a log makes for a target."""

from __future__ import annotations

from pathlib import Path

from ...schedules import machines
from ...schedules.machines import Machine
from ..errors import TilewrightError
from ..targets import Target
from .choice import RecordedChoice
from .log import Log, read_log


def recorded_choice(target: Target, logs: Path | None = None) -> RecordedChoice | None:
    """The choice that the records for `target` make: those in `logs`, or the shipped ones and the user's.

    None for a target without a machine description, for which there are no kernels of ours.
    """
    if target.machine is None:
        return None
    return choice_of(read_log(target.name, logs), machines.get(target.machine))


def require_choice(target: Target, logs: Path | None = None) -> RecordedChoice:
    """As `recorded_choice`.  Raises TilewrightError for a target without a machine description."""
    return choice_of(read_log(target.name, logs), require_machine(target))


def choice_of(log: Log, machine: Machine) -> RecordedChoice:
    """The choice that all of `log` makes."""
    return RecordedChoice(log.records, machine, finished=log.finished, beaten=log.beaten)


def require_machine(target: Target) -> Machine:
    """The machine description of a target.  Raises TilewrightError where there is none."""
    if target.machine is None:
        raise TilewrightError(f"target {target.name}: no machine description, so TVM's own schedules are used")
    return machines.get(target.machine)
