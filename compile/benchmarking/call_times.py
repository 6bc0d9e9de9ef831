"""How long each call of a graph takes where it runs, by TVM's debug executor."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from ..bundle.memory import HugePages

_LEAST_RUNS, _MOST_RUNS, _SECONDS = 3, 7, 0.5  # each of the debug executor's runs comes after three unmeasured ones
_SLOW_SECONDS = 2.0  # a run that takes so long is measured once

Calls = list[tuple[str, float]]


def bind_zeros(executor: Any, inputs: Iterable[str]) -> list[Any]:
    """Give an executor's module zeros, in pages as a Bundle's weights have; it keeps only the addresses of these."""
    pages, tensors = HugePages(), list[Any]()
    for name in inputs:
        its = executor["get_input"](name)
        tensors.append(pages.zeros(its.shape, its.dtype))
        executor["set_input_zero_copy"](name, tensors[-1])
    return tensors


def profiled_runs(executor: Any, seconds: float = 0.0) -> list[Calls]:
    """(kernel, microseconds) of each call in order, for each of several runs of the debug executor's module.

    They go on for at least so many `seconds`.
    """
    runs: list[Calls] = []
    spent, began = 0.0, time.monotonic()
    while not (_enough(len(runs), spent) and time.monotonic() - began >= seconds):
        runs.append(profiled_run(executor))
        spent += sum(taken for _, taken in runs[-1]) / 1e6
    return runs


def profiled_run(executor: Any) -> Calls:
    """(kernel, microseconds) of each call of one run, in order."""
    report = json.loads(executor["profile_rpc"]())  # as JSON: the runtime library alone cannot read a report's fields
    calls = [call for call in report["calls"] if "Duration (us)" in call]
    return [(call["Name"]["string"], call["Duration (us)"]["microseconds"]) for call in calls]


def fastest_of(runs: list[Calls]) -> Calls:
    """Each call's fastest."""
    return [(calls[0][0], min(taken for _, taken in calls)) for calls in zip(*runs, strict=True)]


def _enough(runs: int, spent: float) -> bool:
    return runs >= _MOST_RUNS or (runs >= _LEAST_RUNS and spent > _SECONDS) or spent > _SLOW_SECONDS
