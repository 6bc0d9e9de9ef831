"""TVM's timer, answering with modelled seconds: AutoTVM and MetaSchedule then tune on the modelled clock.

Runs on the board, in the process that serves TVM's RPC.  The runners need no change: they ask the server for
`runtime.RPCTimeEvaluator`, which is replaced here by differences between calls of the very same: a call of the function
from Python costs more than a small kernel.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from .clock import modelled_seconds
from .core_model import Core
from .counter import count_in_turn

# The way to TVM's timer is Python, and varies by this much; it is to be a thousandth at most.
_UNSURE_SECONDS = 1e-6
_SHORT_SECONDS = 1e-3
_MOST_RUNS = 1000
_MOST_COLD_RUNS = 20  # each with megabytes to flush
_AGREEMENT = 1.01  # once in a hundred times something else runs in between


@dataclass(frozen=True)
class _Timed:
    """A function of a module, as TVM's timer is told of it; `of_tvm` is that timer."""

    of_tvm: Any
    core: Core
    module: Any
    name: str
    device: tuple[int, int]  # type and number
    flush_bytes: int
    preparation: str

    def seconds(self, arguments: tuple[Any, ...]) -> float:
        """Modelled, of one run; of several when one is too short."""
        one = self._mean(arguments, 1)
        if one >= _SHORT_SECONDS:
            return one
        most = _MOST_COLD_RUNS if self._cold else _MOST_RUNS
        return self._mean(arguments, min(most, math.ceil(_SHORT_SECONDS / max(one, _UNSURE_SECONDS))))

    @property
    def _cold(self) -> bool:
        return self.flush_bytes > 0 or bool(self.preparation)

    def _mean(self, arguments: tuple[Any, ...], times: int) -> float:
        """What `times` runs add to the same with none, for each; a third look decides where two do not agree."""
        pair = ((0, times), (1, times)) if self._cold else ((0, 1), (times, 1))
        with_none, with_all = (partial(self._timer(*one), *arguments) for one in pair)
        with_none()  # warm up

        def look() -> float:
            none, runs = count_in_turn(with_none, with_all)
            return modelled_seconds(runs - none, self.core) / times

        first = look()
        if times == 1 and first >= _SHORT_SECONDS:  # what else may run in between is nothing beside it
            return first
        looks = [look(), look()]
        if max(looks) > _AGREEMENT * min(looks):
            looks.append(look())
        return median(looks)

    def _timer(self, runs: int, rounds: int) -> Any:
        """One run, then `rounds` times the preparation, the flush and `runs` runs (src/runtime/profiling.cc)."""
        once = (0, 1, 0, 1)  # no least time, no pauses
        told = (self.module, self.name, *self.device, runs, rounds, *once, self.flush_bytes, self.preparation)
        return self.of_tvm(*told)


def register(core: Core) -> None:
    """Replace the timer of this process by one that counts as on `core`."""
    import tvm

    of_tvm = tvm.get_global_func("runtime.RPCTimeEvaluator")

    def evaluator(  # the arguments of src/runtime/rpc/rpc_module.cc in TVM 0.19
        module: Any,
        name: str,
        device_type: int,
        device_id: int,
        number: int,
        repeat: int,
        min_repeat_ms: int,
        limit_zero_time_iterations: int,
        cooldown_interval_ms: int,
        repeats_to_cooldown: int,
        cache_flush_bytes: int = 0,
        preparation: str = "",
    ) -> Any:
        """`number`, the minimum of milliseconds and the pauses are for clocks that vary: few runs tell all here."""
        timed = _Timed(of_tvm, core, module, name, (device_type, device_id), cache_flush_bytes, preparation)

        def run(*arguments: Any) -> bytearray:
            return bytearray(struct.pack(f"<{repeat}d", *[timed.seconds(arguments)] * repeat))

        return tvm.runtime.convert(run)

    tvm.register_func("runtime.RPCTimeEvaluator", evaluator, override=True)
