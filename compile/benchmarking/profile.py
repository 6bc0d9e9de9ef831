"""Where a Bundle's time goes: the median time of every layer, beside what the machine could reach."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..bundle import load_bundle
from ..bundle.manifest import KernelRecord, read_manifest
from ..errors import CheckFailed
from ..tensor_spec import random_inputs
from ..tvm_stack import runtime_only_environment
from .call_parts import call_parts
from .call_times import profiled_run
from .peaks import Peaks

_WARMUP, _REPEATS = 3, 15


@dataclass(frozen=True)
class LayerTime:
    """One kernel call of the graph.  `microseconds` is the median over repeated runs of the whole network.

    `part` is the module that it belongs to, such as encoder.layer1.0.conv1; "" where the names do not say.
    """

    index: int
    kernel: KernelRecord
    microseconds: float
    part: str

    @property
    def gflops(self) -> float:
        """GFLOP/s reached, counted as a direct computation, two for a multiply-accumulate; 0 for a kernel without any.

        An algorithm with less arithmetic can reach more than the machine's peak.
        """
        return 2 * self.kernel.macs / self.microseconds / 1e3

    def least_microseconds(self, peaks: Peaks) -> float:
        """What the FMA peak and the bandwidth allow its algorithm at best (the roofline: Williams et al. 2009)."""
        return max(2 * self.kernel.work / (peaks.fma_gflops * 1e3), self.kernel.traffic / (peaks.bandwidth_gbs * 1e3))

    def roofline_share(self, peaks: Peaks) -> float:
        """The least time over the time taken.

        Above 1 is possible: tensors that stay in a cache move faster than memory does.
        """
        return self.least_microseconds(peaks) / self.microseconds


def profile_bundle(bundle: Path, threads: int) -> list[LayerTime]:
    """Every layer of the Bundle in order of execution, measured in a process of its own with TVM's debug executor."""
    command = [sys.executable, "-m", __name__, str(bundle)]
    done = subprocess.run(command, env=runtime_only_environment(threads), capture_output=True, text=True)
    if done.returncode != 0:
        raise CheckFailed(f"profiling {bundle} failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    kernels = {kernel.name: kernel for kernel in read_manifest(bundle).kernels}
    calls = json.loads(done.stdout.splitlines()[-1])
    return [LayerTime(i, kernels[name], time, part) for i, (name, time, part) in enumerate(calls) if name in kernels]


def to_json(layers: Sequence[LayerTime], peaks: Peaks) -> list[dict[str, object]]:
    """Plain values, in order of execution."""
    return [{**asdict(one), "gflops": one.gflops, "roofline_share": one.roofline_share(peaks)} for one in layers]


def _profile_here(bundle: Path) -> list[tuple[str, float, str]]:
    """(kernel, median microseconds, part) of each call of the graph, in order."""
    loaded = load_bundle(bundle, debug=True)
    loaded.bind(random_inputs(loaded.manifest.inputs))
    runs = [profiled_run(loaded.executor.module) for _ in range(_WARMUP + _REPEATS)][_WARMUP:]
    names = [name for name, _ in runs[0]]
    times = np.array([[taken for _, taken in calls] for calls in runs])
    return list(zip(names, np.median(times, axis=0).tolist(), call_parts(bundle), strict=True))


if __name__ == "__main__":
    print(json.dumps(_profile_here(Path(sys.argv[1]))))
