"""The rungs, each with the steps of the one before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...schedules.layers import Conv2d, ExpandedDepthwise
from ...schedules.machines import Machine
from ..tuning.choice import RecordedChoice

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer

    Choose = Callable[[Layer], Candidate | None]


@dataclass(frozen=True)
class Rung:
    """`packed`: activations in blocks of channels, else in planes; `fused`: bias and activation in the kernel."""

    name: str
    choose: Choose
    packed: bool = True
    fused: bool = False


def rungs(machine: Machine, records: RecordedChoice) -> list[Rung]:
    """From loops as they are written down to the fastest on record."""
    return [
        Rung("naive loops", _loops(machine, 0, 0, 0), packed=False),
        Rung("+ loop blocking", _loops(machine, 1, 0, 0), packed=False),
        Rung("+ vectorization", _loops(machine, 1, 1, 0), packed=False),
        Rung("+ parallel", _loops(machine, 1, 1, 1), packed=False),
        Rung("+ packed layout", _loops(machine, 1, 1, 1)),
        Rung("+ register tiling", _first(machine, "winograd_conv2d")),
        Rung("+ fusion", _first(machine, "winograd_conv2d"), fused=True),
        Rung("+ Winograd", _first(machine), fused=True),
        Rung("+ tuned", records, fused=True),
    ]


def _loops(machine: Machine, blocked: int, vectorized: int, parallel: int) -> Choose:
    """Plain loops for every convolution they can express; the rest, a small part, by its own kernel."""
    from ...schedules.kernels import KERNELS, Candidate

    kernel = KERNELS["plain_loops"]
    otherwise = _first(machine)

    def choose(layer: Layer) -> Candidate | None:
        plain = isinstance(layer, Conv2d) and not layer.depthwise
        return Candidate(kernel, kernel.config(blocked, vectorized, parallel)) if plain else otherwise(layer)

    return choose


def _first(machine: Machine, without: str = "") -> Choose:
    """The candidate to take without a record, of any kernel but one."""
    from ...schedules.kernels import candidates

    def choose(layer: Layer) -> Candidate | None:
        if isinstance(layer, ExpandedDepthwise):
            return None
        return next((one for one in candidates(layer, machine) if one.kernel.name != without), None)

    return choose
