"""One measurement of one candidate, as a line of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Record:
    """How long `kernel` with `config` took for `layer`, built for `target` with TVM version `tvm`.

    layer         its key (schedules.layers.to_key)
    threads       that the measuring process used
    microseconds  the median
    cpu           that measured it: noted, not part of the key
    model         in which it was measured: its neighbours decide what the caches held
    """

    layer: str
    target: str
    tvm: str
    kernel: str
    config: dict[str, Any]
    threads: int
    microseconds: float
    cpu: str
    model: str

    def to_line(self) -> str:
        """Compact JSON, the layer spelled out."""
        values = {**asdict(self), "layer": json.loads(self.layer)}
        return json.dumps(values, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> Record:
        """The record that `to_line` wrote.  Raises ValueError, KeyError or TypeError for anything else."""
        values = json.loads(line)
        record = cls(**{**values, "layer": json.dumps(values["layer"])})
        if not 0 < record.microseconds < 1e9:
            raise ValueError(f"{record.microseconds} microseconds")
        return record

    @property
    def candidate(self) -> str:
        """Kernel and config as one hashable text."""
        return json.dumps([self.kernel, self.config], sort_keys=True)
