"""Two lines of a tuning log, each a JSON object: a measurement, and a failure."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate

FailureKind = Literal["build", "timeout", "crash", "answer", "board"]
Place = Literal["network", "alone"]
Clock = Literal["wall", "modelled"]


@dataclass(frozen=True)
class Line:
    """What is known of `layer`, by its key (schedules.layers.to_key), for `target` with TVM version `tvm`."""

    layer: str
    target: str
    tvm: str

    def to_line(self) -> str:
        """Compact JSON, the layer spelled out; defaults go without saying."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}
        return json.dumps({**values, "layer": json.loads(self.layer)}, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class OfCandidate(Line):
    """What is known of `kernel` with `config` for it."""

    kernel: str
    config: dict[str, Any]

    @functools.cached_property
    def candidate(self) -> str:
        """See `name_of`."""
        return name_of(self.kernel, self.config)


@dataclass(frozen=True)
class Record(OfCandidate):
    """How long it took.

    threads       that the measuring process used
    microseconds  of the fastest of several runs; where the network has the layer in several places, their median
    cpu           that measured it: noted, not part of the key
    model         in which it was measured: its neighbours decide what the caches held
    place         inside that network, or alone, where it finds its weights in a cache: never compared with each other
    clock         a modelled one's times are no measurements (docs/MODEL.md)
    """

    threads: int
    microseconds: float
    cpu: str
    model: str
    place: Place = "network"
    clock: Clock = "wall"


@dataclass(frozen=True)
class Failure(OfCandidate):
    """A candidate that could not be measured, so that the next run does not try it again.

    failed        while it was built, over its time, by a crash, by a wrong answer, or because the board went away
    message       the error's own words
    place, clock  as a record's; None, as in old lines: anywhere
    """

    failed: FailureKind
    message: str
    place: Place | None = None
    clock: Clock | None = None


def name_of(kernel: str, config: dict[str, Any]) -> str:
    """Kernel and config as one hashable text."""
    return json.dumps([kernel, config], sort_keys=True)


def space_of(candidates: Iterable[Candidate]) -> str:
    """A short name of a set of candidates: another set has another."""
    texts = sorted(one.name for one in candidates)
    return sha256("\n".join(texts).encode()).hexdigest()[:12]
