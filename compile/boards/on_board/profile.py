"""Where a network's time goes on this board: each call of its graph, by TVM's profiler or by the modelled clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...benchmarking.call_times import Calls, bind_zeros, fastest_of, profiled_runs
from ...tvm_stack import in_pool_of, runtime
from ..cost.clock import modelled_seconds
from ..cost.core_model import Core
from ..cost.counter import LONG_INSTRUCTIONS, MOST_CALLS, count_in_turn
from ..cost.counts import Counts
from .files import Files


def profile(files: Files, core: Core | None, library: str, inputs: str, threads: int) -> Calls:
    """(kernel, microseconds) of each call of the fastest run, in order; modelled on `core`, where there is one.

    `library` names an exported graph executor factory; `inputs`, as JSON, the tensors that it has no values for: they
    are zeros, which changes no kernel's time.
    """
    tvm = runtime()
    network = tvm.runtime.load_module(str(files.path(library)))
    executor = network["debug_create"]("default", tvm.cpu())
    weights = bind_zeros(executor, json.loads(inputs))
    if core is not None:
        calls = _modelled(executor, json.loads(network["get_graph_json"]()), core)
    else:
        calls = fastest_of(in_pool_of(threads, partial(profiled_runs, executor)))
    del weights  # not before
    return calls


def _modelled(executor: Any, graph: dict[str, Any], core: Core) -> Calls:
    """The first run counts where it is long (see `count`)."""
    nodes = enumerate(graph["nodes"])
    calls = {index: node["attrs"]["func_name"] for index, node in nodes if node["op"] != "null"}
    steps = [partial(executor["execute_node"], index) for index in calls]
    counts, share = _count_each(steps), 1.0
    if sum(one.instructions for one in counts) < LONG_INSTRUCTIONS:
        counts = _count_each(steps)
        count_in_turn(executor["run"], steps[-1])  # the first time a third too much, in some sessions
        whole, idle = count_in_turn(executor["run"], steps[-1])
        share = modelled_seconds(whole - idle, core) / sum(modelled_seconds(one, core) for one in counts)
    # Counting between short calls throws lines out of the first cache, a tenth of LeNet5's time: off every call's.
    times = [1e6 * min(1.0, share) * modelled_seconds(one, core) for one in counts]
    return list(zip(calls.values(), times, strict=True))


def _count_each(steps: Sequence[Callable[[], object]]) -> list[Counts]:
    """Of each step, without the way to it: one that is repeated at once does nothing (graph_executor_debug.cc)."""
    found: list[Counts] = []
    for start in range(0, len(steps), MOST_CALLS - 1):
        some = steps[start : start + MOST_CALLS - 1]
        *counts, idle = count_in_turn(*some, some[-1])
        found += [(one - idle) / 1 for one in counts]  # a division leaves nothing below zero
    return found
