"""TVM's timer, answering with modelled seconds: AutoTVM and MetaSchedule then tune on the modelled clock.

Runs on the board, in the process that serves TVM's RPC.  The runners need no change: they ask the server for
`runtime.RPCTimeEvaluator`, which is replaced here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from .clock import modelled_seconds
from .cores import Core
from .counter import count, count_after


def register(core: Core) -> None:
    """Replace the timer of this process by one that counts as on `core`."""
    import tvm

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
        """`number`, the minimum of milliseconds and the pauses are for clocks that vary: one run tells all here."""
        function: Any = module.get_function(name) if module is not None else tvm.get_global_func(name)
        prepare = tvm.get_global_func(preparation) if preparation else None

        def run(*arguments: Any) -> bytearray:
            call = _call(function, arguments)
            before = _before(prepare, arguments, cache_flush_bytes)
            counts = count_after(before, call) if before else count(call)
            return bytearray(struct.pack(f"<{repeat}d", *[modelled_seconds(counts, core)] * repeat))

        return tvm.runtime.convert(run)

    tvm.register_func("runtime.RPCTimeEvaluator", evaluator, override=True)


def _call(function: Any, arguments: tuple[Any, ...]) -> Callable[[], object]:
    return lambda: function(*arguments)


def _before(
    prepare: Callable[..., object] | None, arguments: tuple[Any, ...], flush_bytes: int
) -> Callable[[], object] | None:
    """What to do ahead of the counted run: TVM's preparation, and writing `flush_bytes` through the caches."""
    if prepare is None and flush_bytes <= 0:
        return None

    def before() -> None:
        if prepare is not None:
            prepare(*arguments)
        if flush_bytes > 0:
            bytearray(flush_bytes)[:] = bytes(flush_bytes)

    return before
