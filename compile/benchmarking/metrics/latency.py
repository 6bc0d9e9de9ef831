"""Wall time of single runs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

_WARMUP_SECONDS = 0.1


def time_block(
    call: Callable[[], object],
    seconds: float,
    least_runs: int,
    most_seconds: float = math.inf,
    warmup: int = 3,
    around: Callable[[list[float]], AbstractContextManager[object]] = nullcontext,
) -> list[float]:
    """Milliseconds of each run of `call`, for `seconds` and `least_runs` at least, but not for over `most_seconds`.

    Up to `warmup` uncounted runs (a tenth of a second of them) come first: they wake the thread pool, which went to
    sleep while another engine had its turn.  All counted runs, and nothing else, are inside of `around(times)`.
    """
    clock = time.perf_counter
    begin = clock()
    for _ in range(warmup):
        call()
        if clock() - begin > _WARMUP_SECONDS:
            break
    times: list[float] = []
    with around(times):
        begin = clock()
        while True:
            start = clock()
            call()
            stop = clock()
            times.append((stop - start) * 1e3)
            spent = stop - begin
            if spent >= most_seconds or (spent >= seconds and len(times) >= least_runs):
                return times
