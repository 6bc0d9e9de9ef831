"""Bundles of one network in turns in one process, between bound tensors: a machine's moods meet all of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from tilewright.compile.bundle.load import Bundle


def in_turns(bundles: Sequence[Bundle], turns: int, seconds: float) -> np.ndarray:
    """Seconds of a run of each in each turn, (bundles, turns); a turn lasts `seconds` and one run at least."""
    for one in bundles:
        spec = one.manifest.inputs[0]
        one.bind({spec.name: np.random.default_rng(0).standard_normal(spec.shape, np.float32)})
        one.execute()
    return np.array([[_turn(one, seconds) for one in bundles] for _ in range(turns)]).T


def _turn(bundle: Bundle, seconds: float) -> float:
    runs, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds or not runs:
        bundle.execute()
        runs += 1
    return (time.perf_counter() - began) / runs
