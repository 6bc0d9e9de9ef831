"""The choice for the layers of one network."""

from __future__ import annotations

from ..building.exact_sums import exact_machine
from ..importing import ImportedModel
from ..targets import Target
from .choice import RecordedChoice


def for_network(choice: RecordedChoice, imported: ImportedModel, target: Target) -> RecordedChoice:
    """`choice` by what was measured in `imported`; with the dot product that its weights leave it.

    Where that is the exact one, half as fast and of fewer registers, its layers of integers take its defaults: what is
    on record is of the other one, by which a ResNet18 of 8-bit weights took three times as long as by defaults.
    """
    its_own, machine = choice.in_network(imported.source.name), exact_machine(imported.params.values(), target)
    return its_own if machine.dot == choice.machine.dot else its_own.multiplying_by(machine)
