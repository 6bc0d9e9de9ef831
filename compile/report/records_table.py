"""The records of a target as a table: each layer's best, beside what it is chosen over."""

from __future__ import annotations

import json
from collections import Counter

from rich.table import Table

from ...schedules.layers import from_key
from ..schedule_text import config_text, layer_text
from ..tuning.choice import RecordedChoice
from ..tuning.log import Log


def records_table(log: Log, choice: RecordedChoice) -> Table:
    """A row a layer, in the order of the log."""
    table = Table("layer", "kernel", "config", box=None, header_style="bold")
    for column in ("us by threads", "candidates", "failed"):
        table.add_column(column, justify="right")
    tried = Counter(key for key, _ in {(one.layer, one.candidate) for one in log.records})
    failed = Counter(key for key, _ in {(one.layer, one.candidate) for one in log.failures})
    for key in dict.fromkeys(one.layer for one in log.records):
        layer = from_key(key)
        for best in choice.ranked(layer)[:1]:
            times = " ".join(f"{count}: {time:.4g}" for count, time in choice.times(layer, best).items())
            row = (best.kernel.name, config_text(best.settings), times, str(tried[key]), str(failed[key] or ""))
            table.add_row(layer_text(json.loads(key)), *row)
    return table
