"""Two lines of a tuning log, each a JSON object: a measurement, and a failure."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate

FailureKind = Literal["build", "timeout", "crash", "answer", "board"]
Place = Literal["network", "alone"]
Clock = Literal["wall", "modelled"]


@dataclass(frozen=True)
class Record:
    """How long `kernel` with `config` took for `layer`, built for `target` with TVM version `tvm`.

    layer         its key (schedules.layers.to_key)
    threads       that the measuring process used
    microseconds  of the fastest of several runs; where the network has the layer in several places, their median
    cpu           that measured it: noted, not part of the key
    model         in which it was measured: its neighbours decide what the caches held
    place         inside that network, or alone, where it finds its weights in a cache: never compared with each other
    clock         a modelled one's times are no measurements (docs/MODEL.md)
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
    place: Place = "network"
    clock: Clock = "wall"

    def to_line(self) -> str:
        """Compact JSON, the layer spelled out; what is usual goes without saying."""
        values = asdict(self)
        for name, usual in (("place", "network"), ("clock", "wall")):
            if values[name] == usual:
                del values[name]
        return to_json(values)

    @functools.cached_property
    def candidate(self) -> str:
        """See `name_of`."""
        return name_of(self.kernel, self.config)


@dataclass(frozen=True)
class Failure:
    """A candidate that could not be measured, so that the next run does not try it again.

    failed        while it was built, over its time, by a crash, by a wrong answer, or because the board went away
    message       the error's own words
    place, clock  as a record's; None, as in old lines: anywhere
    """

    layer: str
    target: str
    tvm: str
    kernel: str
    config: dict[str, Any]
    failed: FailureKind
    message: str
    place: Place | None = None
    clock: Clock | None = None

    def to_line(self) -> str:
        """Compact JSON."""
        return to_json(stated(self))

    @functools.cached_property
    def candidate(self) -> str:
        """See `name_of`."""
        return name_of(self.kernel, self.config)


def name_of(kernel: str, config: dict[str, Any]) -> str:
    """Kernel and config as one hashable text."""
    return json.dumps([kernel, config], sort_keys=True)


def space_of(candidates: Iterable[Candidate]) -> str:
    """A short name of a set of candidates: another set has another."""
    texts = sorted(one.name for one in candidates)
    return sha256("\n".join(texts).encode()).hexdigest()[:12]


def stated(entry: Any) -> dict[str, Any]:
    """The fields of an entry that say something."""
    return {name: value for name, value in asdict(entry).items() if value is not None}


def to_json(values: dict[str, Any]) -> str:
    """Compact JSON of an entry's fields, the layer spelled out."""
    return json.dumps({**values, "layer": json.loads(values["layer"])}, separators=(",", ":"), ensure_ascii=False)
