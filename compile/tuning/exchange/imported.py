"""What an import gave."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..record import Record


@dataclass
class Imported:
    """`passed_over` counts, by reason, what no build could use."""

    records: list[Record] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
