"""Run a built candidate on a board, or on this machine's own server: how long it takes, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...boards.connection import Connection
from ...tvm_stack import compiler
from .build_trial import FUNCTION, argument_types

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate
    from ....schedules.layers import Layer

LIBRARY = "kernel.so"
_REPETITIONS, _REPETITION_MS = 5, 20


def time_trial(
    connection: Connection, library: Path, layer: Layer, one: Candidate, threads: Sequence[int], seconds: float
) -> dict[int, float]:
    """Microseconds of a run, the fastest of several, by thread count; weights and data are as warm as they can be.

    Raises BoardLost when the session dies or takes more than `seconds`.
    """
    tvm = compiler()
    modelled = connection.state.core is not None
    found: dict[int, float] = {}
    connection.send(library, LIBRARY)
    with connection.in_time(seconds):
        module, device = connection.remote.load_module(LIBRARY), connection.remote.cpu()
        arrays = [tvm.nd.array(np.full(shape, 0, kind), device) for shape, kind in argument_types(layer, one)]
        for count in threads:
            connection.set_threads(count)
            # A modelled clock says the same each time.
            repeat, least_ms = (1, 0) if modelled else (_REPETITIONS, _REPETITION_MS)
            timer = module.time_evaluator(FUNCTION, device, number=1, repeat=repeat, min_repeat_ms=least_ms)
            found[count] = 1e6 * min(timer(*arrays).results)
        del module, arrays, timer  # each keeps the session
    return found


def answer_of(
    connection: Connection, library: Path, layer: Layer, arguments: Sequence[np.ndarray], seconds: float
) -> np.ndarray:
    """What the candidate makes of data and packed weights.  Raises BoardLost as `time_trial` does."""
    tvm = compiler()
    connection.send(library, LIBRARY)
    with connection.in_time(seconds):
        module, device = connection.remote.load_module(LIBRARY), connection.remote.cpu()
        arrays: list[Any] = [tvm.nd.array(one, device) for one in arguments]
        result = tvm.nd.array(np.full(layer.out_shape, -1, layer.out_dtype), device)
        module[FUNCTION](*arrays, result)
        answer = result.numpy()
        del module, arrays, result
    return answer
