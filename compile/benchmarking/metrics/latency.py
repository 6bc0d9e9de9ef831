"""Wall time of single runs."""

from __future__ import annotations

import time
from collections.abc import Callable


def time_block(call: Callable[[], object], seconds: float, least_runs: int, warmup: int = 3) -> list[float]:
    """Milliseconds of each run of `call`, for `seconds` and `least_runs` at least, after `warmup` uncounted ones.

    The uncounted runs wake the thread pool, which went to sleep while another engine had its turn.
    """
    for _ in range(warmup):
        call()
    clock = time.perf_counter
    times: list[float] = []
    end = clock() + seconds
    while True:
        start = clock()
        call()
        stop = clock()
        times.append((stop - start) * 1e3)
        if stop >= end and len(times) >= least_runs:
            return times
