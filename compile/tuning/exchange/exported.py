"""What of the records goes into a file whose other readers know neither thread counts nor modelled clocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..record import Record


@dataclass(frozen=True)
class Exported:
    """`records` are all of one thread count and one clock; `left_out` counts the others, by reason."""

    records: tuple[Record, ...]
    left_out: Counter[str]

    @property
    def modelled(self) -> bool:
        """Whether none of them is a measurement."""
        return any(one.clock == "modelled" for one in self.records)


def exported(records: Sequence[Record], threads: int) -> Exported:
    """Those with `threads`: what was measured, or what was modelled where nothing was measured."""
    mine = tuple(one for one in records if one.threads == threads)
    measured = tuple(one for one in mine if one.clock == "wall")
    left_out = Counter({"of other thread counts": len(records) - len(mine)})
    if measured:
        left_out["by a modelled clock"] = len(mine) - len(measured)
    return Exported(measured or mine, +left_out)
