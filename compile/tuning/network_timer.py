"""A network built with given choices, in this process, whose kernels can be timed where they run.

A time is the fastest of several runs: what else a machine does, and a neighbour on the same core, can only add to it,
and may do so for most of the time (25 % of LPRNet's, where this was written).
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from ...schedules.machines import Machine
from ..benchmarking.call_times import Calls, bind_zeros, fastest_of, profiled_runs
from ..building.build import compile_library
from ..building.freeze_layout import Choose
from ..building.frozen_network import frozen_network
from ..building.kernels import describe_kernels
from ..building.split_preparation import split_preparation
from ..bundle.manifest import KernelRecord
from ..cpu import host_cpu
from ..importing import ImportedModel
from ..targets import Target
from ..tvm_stack import TVM_VERSION, debug_executor, in_pool_of
from .record import Record


class NetworkTimer:
    """`library` is TVM's executor factory, `executor` its debug executor.

    The weights are zeros, already packed: neither changes a kernel's time.  They lie as a Bundle's do: in small
    pages VGG16's first dense layer took a tenth longer, and one build's a tenth longer than another's.
    """

    def __init__(
        self,
        imported: ImportedModel,
        target: Target,
        choose: Choose | None,
        machine: Machine | None = None,
        fused: bool = True,
    ) -> None:
        began = time.monotonic()
        self.library, main = build_network(imported, target, choose, machine, fused)
        self.build_seconds = time.monotonic() - began
        self.executor, self._weights = _executor(self.library, main)
        self.network_us = 0.0  # of all kernels of the fastest run, the last time they were timed

    def profile(self, threads: int, seconds: float = 0.0) -> Calls:
        """(kernel, microseconds of the fastest run) of each call, in order; of at least so many `seconds`."""
        runs = in_pool_of(threads, lambda: profiled_runs(self.executor.module, seconds))
        self.network_us = min(sum(taken for _, taken in run) for run in runs)
        return fastest_of(runs)


def build_network(
    imported: ImportedModel,
    target: Target,
    choose: Choose | None,
    machine: Machine | None = None,
    fused: bool = True,
) -> tuple[Any, Any]:
    """TVM's executor factory of the network, its weights packed already and so left to be given, and its Relay."""
    split = split_preparation(frozen_network(imported, target, choose, machine), len(imported.inputs))
    return compile_library(split.main, target, fused), split.main


def records_of(timer: NetworkTimer, network: str, target: Target, threads: Sequence[int]) -> list[Record]:
    """What each layer of a built network takes now, timed with each thread count for an eighth of its building time.

    A small network's seven runs are over in 0.1 s, in which a virtual machine's neighbours made MobileNetV2 for CIFAR
    up to 1.6 times as slow as in the next three seconds.
    """
    kernels, seconds = describe_kernels(timer.library.function_metadata), timer.build_seconds / 8
    found: list[Record] = []
    for count in threads:
        found += records_of_calls(timer.profile(count, seconds), kernels, network, target, count)
    return found


def records_of_calls(
    calls: Calls, kernels: Iterable[KernelRecord], network: str, target: Target, threads: int
) -> list[Record]:
    """What each layer took in `calls` of a network with these `kernels`."""
    schedules = {kernel.name: kernel.schedule for kernel in kernels}
    times: dict[str, list[float]] = defaultdict(list)
    for name, microseconds in calls:
        if schedules.get(name) is not None:
            times[json.dumps(schedules[name])].append(microseconds)
    records = []
    for text, taken in times.items():
        stated = json.loads(text)
        at = (stated["layer"], target.name, TVM_VERSION, stated["kernel"], stated["config"])
        records.append(Record(*at, threads, round(median(taken), 2), host_cpu().model, network))
    return records


def _executor(library: Any, module: Any) -> tuple[Any, list[Any]]:
    """TVM's debug executor, and the tensors of which it only has the addresses."""
    executor = debug_executor(library.get_graph_json(), library.get_lib())
    executor.set_input(**library.get_params())  # constants, some of which are places to read at
    return executor, bind_zeros(executor.module, [one.name_hint for one in module["main"].params])
