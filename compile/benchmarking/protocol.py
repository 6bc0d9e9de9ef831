"""How times are taken: the engines take turns, A B A B, in blocks, each alone while it runs.

In one process two spinning thread pools spoil each other's times, and with spinning off ONNX Runtime is a third
slower than it can be; so each engine has a process, at its own default settings.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .place import EngineProcess, Here, Place

KINDS = ("bound", "numpy")
_IDLE_SECONDS = 3.0  # in which the idle power is measured, for each engine
_REST_SECONDS = 0.05  # for the threads of the engine before to stop spinning


@dataclass(frozen=True)
class Protocol:
    """`rounds` turns of at least `block_seconds` for each engine, and `least_runs` runs over all of them.

    The defaults come to three seconds and 20 runs at least of each kind, after a warm-up of `warmup_seconds`.  A turn
    ends after `most_seconds` whatever it has: a large network at batch 16 takes seconds a run, and is as steady.
    `energy` names the meter that measures the blocks of bound tensors; None: none does.
    """

    rounds: int = 3
    block_seconds: float = 1.0
    least_runs: int = 20
    warmup_seconds: float = 0.3
    most_seconds: float = 12.0
    energy: str | None = None

    @classmethod
    def lasting(cls, seconds: float) -> Protocol:
        """Blocks of one second, as many as make up `seconds` for each engine."""
        return cls(rounds=max(1, math.ceil(seconds)))


def take_turns(
    children: Sequence[EngineProcess], protocol: Protocol, place: Place | None = None
) -> list[dict[str, list[float]]]:
    """Milliseconds of every run, for each child by kind: "bound" tensors, or "numpy" arrays.

    A round has a block of each kind for each child, so that all see the same states of the machine.
    """
    rest = (place or Here()).rest
    least = math.ceil(protocol.least_runs / protocol.rounds)
    times: list[dict[str, list[float]]] = [{kind: [] for kind in KINDS} for _ in children]
    for child in children:
        child.ask("block", kind="bound", seconds=protocol.warmup_seconds, least_runs=1)
    for child in children if protocol.energy else ():
        time.sleep(_REST_SECONDS)
        child.ask("energy_idle", meter=protocol.energy, seconds=_IDLE_SECONDS)
    for _ in range(protocol.rounds):
        for kind in KINDS:
            for child, collected in zip(children, times, strict=True):
                time.sleep(_REST_SECONDS)
                rest()
                collected[kind] += child.ask(
                    "block",
                    kind=kind,
                    seconds=protocol.block_seconds,
                    least_runs=least,
                    most_seconds=protocol.most_seconds,
                )
    return times
