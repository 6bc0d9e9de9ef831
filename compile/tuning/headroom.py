"""What would pay next: the layers whose time is furthest above what the peak of the cores allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...schedules.layers import Layer

_MOST = 3


@dataclass(frozen=True)
class Headroom:
    """`share` of a network's time that goes into `layer`, which does `of_peak` of the multiply-adds that it might."""

    layer: Layer
    share: float
    of_peak: float

    @property
    def to_win(self) -> float:
        """Share of the network's time above the peak; Winograd's layers may have none."""
        return self.share * max(0.0, 1 - self.of_peak)


def headroom(spent: Mapping[Layer, float], calls: Mapping[Layer, int], whole: float, gflops: float) -> list[Headroom]:
    """The layers with the most to win, the most first; of those that multiply: a pooling layer has no such peak.

    `spent` are a layer's microseconds in all its `calls` together, `whole` the network's, `gflops` the cores' peak.
    """
    found = [
        Headroom(layer, taken / whole, 2e-3 * layer.macs * calls[layer] / taken / gflops)
        for layer, taken in spent.items()
        if layer.macs
    ]
    return sorted(found, key=lambda one: -one.to_win)[:_MOST]
