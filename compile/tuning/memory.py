"""Give up some speed for memory: Winograd's packed weights are up to seven times as large as the model's own."""

from __future__ import annotations

import functools
from collections import Counter
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from .choice import RecordedChoice

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer

_LEAST_EXTRA_BYTES = 96 << 20


def spare_memory(module: Any, inputs: int, choice: RecordedChoice, most: int | None = None) -> RecordedChoice:
    """`choice` for the Relay `module`, so that its packed weights take at most `most` bytes more than the plain ones.

    None: half as much again as the plain ones, or 96 MB where that is more.  While they take more, the layer that loses
    the least time for each byte takes its next smaller candidate on record.  `inputs` is how many of the parameters of
    `main` are the network's inputs.
    """
    uses = _uses(module, inputs, choice)
    now = dict(uses)
    count = Counter(layer for layer, _ in uses)
    plain = sum(plain_bytes(layer) for layer, _ in uses)
    most = max(_LEAST_EXTRA_BYTES, plain // 2) if most is None else most
    extra = sum(packed_bytes(layer, chosen) for layer, chosen in uses) - plain
    waiting = {layer: _smaller_than(one, layer, choice) for layer, one in now.items()} if extra > most else {}
    while extra > most and any(waiting.values()):
        layer = min(
            (one for one in now if waiting[one]), key=lambda one: _price(one, now[one], waiting[one][0], choice)
        )
        smaller = waiting[layer].pop(0)
        extra -= count[layer] * (packed_bytes(layer, now[layer]) - packed_bytes(layer, smaller))
        now[layer] = smaller
    return choice.preferring({layer: one for layer, one in now.items() if one != choice(layer)})


def smaller_candidates(layer: Layer, choice: RecordedChoice) -> list[Candidate]:
    """The fastest candidate on record, then the fastest of those whose weights take less memory, and so on."""
    found: list[Candidate] = []
    for one in choice.ranked(layer):
        if not found or packed_bytes(layer, one) < packed_bytes(layer, found[-1]):
            found.append(one)
    return found


def _smaller_than(chosen: Candidate, layer: Layer, choice: RecordedChoice) -> list[Candidate]:
    """What the records doubt, a default may be chosen that is not among them."""
    most = packed_bytes(layer, chosen)
    return [one for one in smaller_candidates(layer, choice) if packed_bytes(layer, one) < most]


@functools.cache
def packed_bytes(layer: Layer, one: Candidate) -> int:
    """What the weights take as the kernel reads them."""
    from ...schedules.kernels.alone import packed_types

    return sum(prod(shape) * np.dtype(kind).itemsize for shape, kind in packed_types(layer, one))


def plain_bytes(layer: Layer) -> int:
    """What the weights take in the model."""
    return (1 if layer.integer else 4) * sum(map(prod, layer.model_shapes))


def _price(layer: Layer, large: Candidate, small: Candidate, choice: RecordedChoice) -> float:
    """Microseconds lost for a byte saved; none where the large one is not on record any more, which was slower."""
    if large not in choice.ranked(layer):
        return 0.0
    lost = choice.mean_microseconds(layer, small) - choice.mean_microseconds(layer, large)
    return lost / (packed_bytes(layer, large) - packed_bytes(layer, small))


def _uses(module: Any, inputs: int, choice: RecordedChoice) -> list[tuple[Layer, Candidate]]:
    """Each layer of the network with its candidate, one that comes twice twice."""
    from ...schedules.relay import to_blocks

    uses: list[tuple[Layer, Candidate]] = []

    def note(layer: Layer) -> Candidate | None:
        chosen = choice(layer)
        if chosen is not None:
            uses.append((layer, chosen))
        return chosen

    to_blocks(module, inputs, choice.machine, note)
    return uses
