"""Build a probe of `schedules.probes`, and time it: here, or in a session on a board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..tvm_stack import compiler

if TYPE_CHECKING:
    from ...schedules.probes.probe import Probe

REPETITION_MS = 300
QUICK_MS = 30
_REPETITIONS = 4


def build_probe(probe: Probe, target: str) -> Any:
    """A TVM module for the TVM target string `target`, with the probe as its entry."""
    tvm = compiler()
    return tvm.build(probe.schedule, list(probe.arguments), target=tvm.target.Target(target))


def probe_rate(probe: Probe, name: str, module: Any, device: Any, milliseconds: int) -> float:
    """Work a second, in 10^9, of the function `name` at the best of the repetitions."""
    import numpy as np

    tvm = compiler()
    # Not zeros: fresh zero pages are all the same page, and stay in the cache.
    shapes = [tuple(int(size) for size in tensor.shape) for tensor in probe.arguments]
    arrays = [tvm.nd.array(np.full(shape, 0.5, "float32"), device) for shape in shapes]
    time_it = module.time_evaluator(name, device, number=1, repeat=_REPETITIONS, min_repeat_ms=milliseconds)
    return probe.work / min(time_it(*arrays).results) / 1e9  # the first call, and with it the warm-up, is not counted
