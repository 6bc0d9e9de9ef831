"""Time a network, and its largest convolution, on every rung."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...schedules import machines
from ...schedules.machines import Machine
from ..benchmarking.measurement import Accuracy
from ..building.kernels import describe_kernels
from ..evaluating.choose import Plan
from ..importing import ImportedModel
from ..progress import Progress, silent
from ..targets import Target
from ..tuning.choose import require_choice
from ..tuning.for_network import for_network
from ..tuning.network_timer import NetworkTimer
from .judged import accuracy_on
from .rungs import Rung, rungs


@dataclass(frozen=True)
class Step:
    """Microseconds of one call on a rung: of the convolution with the most multiply-accumulates, and of the network.

    `conv_macs`, `network_macs`: as a direct computation counts them.  `accuracy` is None where nothing was judged.
    """

    name: str
    conv_microseconds: float
    network_microseconds: float
    conv_macs: int
    network_macs: int
    accuracy: Accuracy | None = None


def climb(
    imported: ImportedModel, target: Target, threads: int, plan: Plan | None = None, progress: Progress = silent
) -> Iterator[Step]:
    """One Step a rung, the lowest first; with a `plan` each is judged by it too, after it was timed.

    Raises TilewrightError for a target without a machine description.
    """
    records = for_network(require_choice(target), imported, target)
    blocks = machines.get(str(target.machine))
    planes = replace(blocks, line_bytes=4)  # a block of one channel is a plane
    for rung in rungs(records.machine, records):
        progress(f"{imported.source.name}: {rung.name}")
        machine = blocks if rung.packed else planes
        step = _step(imported, target, threads, rung, machine)
        if plan is not None:
            step = replace(step, accuracy=accuracy_on(rung, imported, target, machine, threads, plan, progress))
        yield step


def _step(imported: ImportedModel, target: Target, threads: int, rung: Rung, machine: Machine) -> Step:
    timer = NetworkTimer(imported, target, rung.choose, machine, rung.fused)
    kernels = {kernel.name: kernel for kernel in describe_kernels(timer.library.function_metadata)}
    calls = [(kernels[name], time) for name, time in timer.profile(threads) if name in kernels]
    most = max((kernel.macs for kernel, _ in calls), default=0)
    largest = min((time for kernel, time in calls if kernel.macs == most), default=0.0)
    return Step(rung.name, largest, sum(time for _, time in calls), most, sum(kernel.macs for kernel, _ in calls))
