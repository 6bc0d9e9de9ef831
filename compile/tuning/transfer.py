"""What is known of like layers, and of sibling targets, says how good a layer's candidates might be."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import asdict
from math import exp, log
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...schedules.layers import from_key
from ..targets import Target
from ..targets.named import NAMED
from .log import read_log
from .record import Record

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer

_FAR = 2.0  # layers that differ in all their sizes together by a factor of e^2 say nothing of each other
_ELSEWHERE = 1.5  # distance of a sibling target's records: other caches and ports


class Experience:
    """Records of `target` and of its siblings, of the same architecture; of no target: none."""

    def __init__(self, target: Target | None = None, logs: Path | None = None) -> None:
        """Those in `logs`, or where they usually are."""
        self._layers: list[tuple[Layer, float, dict[str, float]]] = []
        if target is None:
            return
        siblings = [one for one in NAMED if one.architecture == target.architecture and one.name != target.name]
        for one, distance in [(target, 0.0), *((sibling, _ELSEWHERE) for sibling in siblings)]:
            for layer, times in _by_layer(read_log(one.name, logs).records).items():
                self._layers.append((from_key(layer), distance, times))

    def without(self, layer: Layer | None = None, siblings: bool = True) -> Experience:
        """What would be known had `layer` never been measured for the target itself, or nothing for its siblings."""
        other = copy(self)
        other._layers = [
            (one, distance, times)
            for one, distance, times in self._layers
            if (siblings or not distance) and (one != layer or distance)
        ]
        return other

    def order(self, layer: Layer, candidates: Sequence[Candidate]) -> list[Candidate]:
        """`candidates`, those first that did well on the layers most like `layer`; the others keep their places."""
        return promising_first(candidates, self.merits(layer, candidates))

    def merits(self, layer: Layer, candidates: Sequence[Candidate]) -> dict[Candidate, float]:
        """Of each candidate the mean, weighed by likeness, of how near it came to the best of each layer like `layer`.

        1 is the best wherever it is known; of what is known nowhere it is 0.
        """
        like = [(_distance(layer, other) + extra, times) for other, extra, times in self._layers]
        like = [(exp(-2 * distance), times) for distance, times in like if distance < _FAR]
        names = {one: one.name for one in candidates}

        def merit(one: Candidate) -> float:
            known = [(weight, min(times.values()) / times[names[one]]) for weight, times in like if names[one] in times]
            return sum(weight * near for weight, near in known) / (0.05 + sum(weight for weight, _ in known))

        return {one: merit(one) for one in candidates}


def promising_first(candidates: Sequence[Candidate], merits: Mapping[Candidate, float]) -> list[Candidate]:
    """Those of equal merit keep their places."""
    return sorted(candidates, key=merits.__getitem__, reverse=True)


def _by_layer(records: Iterable[Record]) -> dict[str, dict[str, float]]:
    """Layer -> candidate -> microseconds, the fewest threads only."""
    found: dict[str, dict[str, dict[int, list[float]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for record in records:
        found[record.layer][record.candidate][record.threads].append(record.microseconds)
    return {
        layer: {name: min(by_threads[min(by_threads)]) for name, by_threads in times.items()}
        for layer, times in found.items()
    }


def _distance(one: Layer, other: Layer) -> float:
    """0 for equal layers; infinite where their kind, kernel, strides or type differ."""
    mine, theirs = (_split(layer) for layer in (one, other))
    if mine[0] != theirs[0]:
        return float("inf")
    return sum(abs(log(a / b)) for a, b in zip(mine[1], theirs[1], strict=True))


@functools.cache  # a layer is compared with every layer on record
def _split(layer: Layer) -> tuple[Any, list[int]]:
    """What must be equal, and sizes."""
    fields = {"kind": type(layer).__name__, **asdict(layer)}
    if fields.get("groups") == fields.get("channels"):
        fields["groups"] = "depthwise"
    sizes = [
        fields.pop(name) for name in ("channels", "filters", "height", "width", "inputs", "outputs") if name in fields
    ]
    return tuple(sorted((name, str(value)) for name, value in fields.items())), [max(1, size) for size in sizes]
