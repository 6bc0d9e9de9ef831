"""A network built with given choices, in this process, whose kernels can be timed where they run.

A time is the fastest of several runs: what else a machine does, and a neighbour on the same core, can only add to it,
and may do so for most of the time (25 % of LPRNet's, where this was written).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np

from ...schedules.machines import Machine
from ..building.build import compile_library
from ..building.freeze_layout import Choose, freeze_layout
from ..building.half_arithmetic import module_for
from ..building.kernels import describe_kernels
from ..building.split_preparation import split_preparation
from ..cpu import host_cpu
from ..importing import ImportedModel
from ..targets import Target
from ..tvm_stack import TVM_VERSION, compiler, in_pool_of
from .record import Record

_LEAST_RUNS, _MOST_RUNS, _SECONDS = 3, 7, 0.5  # each of the debug executor's runs comes after three unmeasured ones
_SLOW_SECONDS = 2.0  # a run that takes so long is measured once


class NetworkTimer:
    """`library` is TVM's executor factory, `executor` its debug executor.

    The weights are zeros, already packed: neither changes a kernel's time.
    """

    def __init__(
        self,
        imported: ImportedModel,
        target: Target,
        choose: Choose | None,
        machine: Machine | None = None,
        fused: bool = True,
    ) -> None:
        inputs = len(imported.inputs)
        split = split_preparation(freeze_layout(module_for(imported, target), target, inputs, choose, machine), inputs)
        self.library = compile_library(split.main, target, fused)
        self.executor = _executor(self.library, split.main)
        self.network_us = 0.0  # of all kernels of the fastest run, the last time they were timed

    def profile(self, threads: int) -> list[tuple[str, float]]:
        """(kernel, microseconds of the fastest run) of each call, in order."""
        runs = in_pool_of(threads, self._runs)
        self.network_us = min(sum(call["Duration (us)"].microseconds for call in run) for run in runs)
        return [
            (str(calls[0]["Name"]), min(call["Duration (us)"].microseconds for call in calls))
            for calls in zip(*runs, strict=True)
        ]

    def _runs(self) -> list[list[Any]]:
        """The calls of each run."""
        runs: list[list[Any]] = []
        spent = 0.0
        while not _enough(len(runs), spent):
            runs.append([call for call in self.executor.profile().calls if "Duration (us)" in call])
            spent += sum(call["Duration (us)"].microseconds for call in runs[-1]) / 1e6
        return runs


def records_of(timer: NetworkTimer, network: str, target: Target, threads: Sequence[int]) -> list[Record]:
    """What each layer of a built network takes now."""
    kernels = {kernel.name: kernel.schedule for kernel in describe_kernels(timer.library.function_metadata)}
    records = []
    for count in threads:
        times: dict[str, list[float]] = defaultdict(list)
        for name, microseconds in timer.profile(count):
            if kernels.get(name) is not None:
                times[json.dumps(kernels[name])].append(microseconds)
        for text, taken in times.items():
            stated = json.loads(text)
            at = (stated["layer"], target.name, TVM_VERSION, stated["kernel"], stated["config"])
            records.append(Record(*at, count, round(median(taken), 2), host_cpu().model, network))
    return records


def _enough(runs: int, spent: float) -> bool:
    return runs >= _MOST_RUNS or (runs >= _LEAST_RUNS and spent > _SECONDS) or spent > _SLOW_SECONDS


def _executor(library: Any, module: Any) -> Any:
    tvm = compiler()
    from tvm.contrib.debugger import debug_executor

    executor = debug_executor.create(library.get_graph_json(), library.get_lib(), tvm.cpu())
    executor.set_input(**library.get_params())  # constants, some of which are places to read at
    for parameter in module["main"].params:
        shape = tuple(int(size) for size in parameter.checked_type.shape)
        # full, not zeros: memory that was never written is one page for all, and always in the cache
        executor.set_input(parameter.name_hint, np.full(shape, 0, parameter.checked_type.dtype))
    return executor
