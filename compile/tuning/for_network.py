"""The choice for the layers of one network."""

from __future__ import annotations

from ..building.exact_sums import exact_machine
from ..importing import ImportedModel
from ..targets import Target
from .choice import RecordedChoice
from .choose import require_machine


def for_network(choice: RecordedChoice, imported: ImportedModel, target: Target) -> RecordedChoice:
    """`choice` by what was measured in `imported`; with the dot product that its weights leave it.

    Where that is the exact one, slower and of more registers, its layers of integers take the kernels' defaults: what
    is on record is of the other one.
    """
    its_own, machine = choice.in_network(imported.source.name), exact_machine(imported.params.values(), target)
    return its_own if machine.dot == choice.machine.dot else its_own.multiplying_by(machine)


def not_tuned(imported: ImportedModel, target: Target) -> str | None:
    """A sentence where the layers of integers of `imported` are left out of tuning for `target`."""
    from ..quantizing.import_as import weight_bits_for

    if exact_machine(imported.params.values(), target).dot == require_machine(target).dot:
        return None
    return (
        f"{imported.source.origin}: weights of 8 bits take a slow dot product on {target.name}, which is not tuned: "
        f"`tilewright quantize --weight-bits {weight_bits_for(target)}` makes them ones of the fast one"
    )
