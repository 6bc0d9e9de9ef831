"""What the boards that are measured can do at best, by which a kernel's GFLOP/s are judged."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import geometric_mean

from ....schedules import machines
from ...benchmarking.probing import QUICK_MS, build_probe, probe_rate
from ...boards.connection import Connection
from ...boards.cost.cores import core
from ...building.link import linker
from ...targets import Target
from .run_trial import LIBRARY
from .slots import Slots

_SECONDS = 120.0  # an emulator that models no clock takes a while over some 10^9 FLOPs


def peak_gflops(target: Target, slots: Slots, threads: Sequence[int]) -> float:
    """Float32 multiply-adds, 10^9 FLOPs a second: the modelled core's, or by a probe; the mean of `threads`.

    Raises BoardLost when no board answers, CheckFailed when the probe ends the session.
    """
    if slots.state.core is not None:
        return machines.get(str(target.machine)).flops_per_cycle * core(slots.state.core).clock_hz / 1e9
    return geometric_mean(_measured(target, slots, count) for count in threads)


def _measured(target: Target, slots: Slots, threads: int) -> float:
    from ....schedules.probes.fma_peak import fma_peak

    probe = fma_peak(machines.get(str(target.machine)), threads)
    built = build_probe(probe, target.tvm)

    def rate(session: Connection) -> float:
        session.send(library, LIBRARY)
        with session.in_time(_SECONDS):
            module = session.remote.load_module(LIBRARY)
            session.set_threads(threads)
            return probe_rate(probe, built.entry_name, module, session.remote.cpu(), QUICK_MS)

    with tempfile.TemporaryDirectory(prefix="tilewright-probe-") as folder:
        library = Path(folder) / LIBRARY
        built.export_library(str(library), fcompile=linker(target.architecture))
        return slots.ask(rate)
