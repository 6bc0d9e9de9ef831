"""TVM's own templates beside our kernels: the best of eight configs each, one thread, in turns.

TVM_NUM_THREADS=1 python tests/benchmarks/templates.py
"""

from __future__ import annotations

from statistics import median

import numpy as np
from tilewright.compile.cpu import host_cpu
from tilewright.compile.targets import native
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d

tvm = compiler()

from tilewright.schedules.kernels import candidates, templates  # noqa: E402
from tilewright.schedules.kernels.alone import packed_types  # noqa: E402
from tilewright.schedules.kernels.scheduled import build_alone  # noqa: E402

LAYERS = {
    "64 -> 64, 56x56, 3x3": Conv2d(1, 64, 56, 56, 64, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16),
    "64, 56x56, 3x3 depthwise, stride 2": Conv2d(1, 64, 56, 56, 64, (3, 3), (2, 2), (1, 1, 1, 1), (1, 1), 64, 16, 16),
    "64 -> 128, 56x56, 1x1": Conv2d(1, 64, 56, 56, 128, (1, 1), (1, 1), (0, 0, 0, 0), (1, 1), 1, 16, 16),
    "256 -> 256, 14x14, 3x3": Conv2d(1, 256, 14, 14, 256, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16),
}
CONFIGS, TURNS = 8, 7


def main() -> None:
    """Microseconds of each layer, and the ratio."""
    here = native(host_cpu())
    machine, target = machines.get(str(here.machine)), tvm.target.Target(here.tvm)
    print(f"{'layer':36}{'ours, us':>10}{'TVM, us':>10}{'TVM / ours':>12}")
    for name, layer in LAYERS.items():
        timers = []
        for whose in (candidates, templates):
            for one in list(whose(layer, machine))[:CONFIGS]:
                types = [(layer.in_shape, layer.dtype), *packed_types(layer, one), (layer.out_shape, layer.out_dtype)]
                arrays = [tvm.nd.array(np.ones(shape, kind)) for shape, kind in types]
                built = build_alone(layer, one, machine, target)
                timers.append((whose, built.time_evaluator("kernel", tvm.cpu(), 3, 1), arrays, []))
        for _ in range(TURNS):
            for _, timer, arrays, times in timers:
                times.append(timer(*arrays).mean * 1e6)
        ours, theirs = (min(median(one[3]) for one in timers if one[0] is whose) for whose in (candidates, templates))
        print(f"{name:36}{ours:10.0f}{theirs:10.0f}{theirs / ours:12.2f}")


if __name__ == "__main__":
    main()
