"""A line of a tuning log, whichever it is."""

from __future__ import annotations

import json

from .marks import Beaten, Checked, Finished
from .record import Failure, Record

_MOST_MICROSECONDS = 1e9  # TVM's tuners put down 1e10 seconds for a trial that failed

Entry = Record | Failure | Finished | Checked | Beaten
# By the field that no other line has.
_MARKS = {"failed": Failure, "finished": Finished, "checked": Checked, "beaten": Beaten}


def from_line(line: str) -> Entry:
    """What a `to_line` wrote.  Raises ValueError, KeyError or TypeError for anything else."""
    values = json.loads(line)
    kind = next((kind for field, kind in _MARKS.items() if field in values), Record)
    entry = kind(**{**values, "layer": json.dumps(values["layer"])})
    if isinstance(entry, Record) and not 0 < entry.microseconds < _MOST_MICROSECONDS:
        raise ValueError(f"{entry.microseconds} microseconds")
    return entry
