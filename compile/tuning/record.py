"""The lines of a tuning log: a measurement, a failure, or the mark of a layer or an answer, each a JSON object."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate

_MOST_MICROSECONDS = 1e9  # TVM's tuners put down 1e10 seconds for a trial that failed
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
        return _line(values)

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
        return _line(_stated(self))

    @functools.cached_property
    def candidate(self) -> str:
        """See `name_of`."""
        return name_of(self.kernel, self.config)


@dataclass(frozen=True)
class Finished:
    """All candidates of `layer` have been tried with `finished` threads, though compaction may have thrown most away.

    space         of these candidates (`space_of`): another version of the project has others
    place, clock  as a record's; None, as in old lines: anywhere
    cpu           that measured them; None on boards of one design, and in old lines
    """

    layer: str
    target: str
    tvm: str
    finished: int
    space: str
    place: Place | None = None
    clock: Clock | None = None
    cpu: str | None = None

    def to_line(self) -> str:
        """Compact JSON."""
        return _line(_stated(self))


@dataclass(frozen=True)
class Checked:
    """The candidate gave the right answer on the processor `checked`, so that the next run does not ask again."""

    layer: str
    target: str
    tvm: str
    kernel: str
    config: dict[str, Any]
    checked: str

    def to_line(self) -> str:
        """Compact JSON."""
        return _line(asdict(self))

    @functools.cached_property
    def candidate(self) -> str:
        """See `name_of`."""
        return name_of(self.kernel, self.config)


Entry = Record | Failure | Finished | Checked
_MARKS = {"failed": Failure, "finished": Finished, "checked": Checked}  # by the field that no other line has


def from_line(line: str) -> Entry:
    """What a `to_line` wrote.  Raises ValueError, KeyError or TypeError for anything else."""
    values = json.loads(line)
    kind = next((kind for field, kind in _MARKS.items() if field in values), Record)
    entry = kind(**{**values, "layer": json.dumps(values["layer"])})
    if isinstance(entry, Record) and not 0 < entry.microseconds < _MOST_MICROSECONDS:
        raise ValueError(f"{entry.microseconds} microseconds")
    return entry


def name_of(kernel: str, config: dict[str, Any]) -> str:
    """Kernel and config as one hashable text."""
    return json.dumps([kernel, config], sort_keys=True)


def space_of(candidates: Iterable[Candidate]) -> str:
    """A short name of a set of candidates: another set has another."""
    texts = sorted(one.name for one in candidates)
    return sha256("\n".join(texts).encode()).hexdigest()[:12]


def _stated(entry: Failure | Finished) -> dict[str, Any]:
    return {name: value for name, value in asdict(entry).items() if value is not None}


def _line(values: dict[str, Any]) -> str:
    return json.dumps({**values, "layer": json.loads(values["layer"])}, separators=(",", ":"), ensure_ascii=False)
