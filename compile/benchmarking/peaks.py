"""What this machine can do at best: float32 multiply-adds and memory bandwidth, the two lines of the roofline.

Measured, not looked up, with the two probes of `schedules.probes`.  In a child process, because TVM's thread pool gets
its size once, when it starts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ..cpu import host_cpu, last_level_cache_bytes
from ..errors import CheckFailed, TilewrightError
from ..targets import Target, resolve
from ..tvm_stack import available_cores, compiler, in_pool_of
from .probing import QUICK_MS, REPETITION_MS, build_probe, probe_rate

if TYPE_CHECKING:
    from ...schedules.probes.probe import Probe

_TIME_LIMIT_S = 300


@dataclass(frozen=True)
class Peaks:
    """The best of several repetitions on this machine, with `threads` threads.

    target         the target's name; its machine description decides the vectors
    threads        threads that worked at once
    fma_gflops     float32 multiply-adds, each counted as two operations, in 10^9 a second
    bandwidth_gbs  bytes read and written by a triad far larger than the caches, in 10^9 a second
    host           the processor's model name
    """

    target: str
    threads: int
    fma_gflops: float
    bandwidth_gbs: float
    host: str


def measure_peaks(target: str, threads: int) -> Peaks:
    """Measure for a named target or a TVM target string with a known machine; takes about 6 s.  Nothing is cached.

    Raises TilewrightError for an unknown target, one without a machine description, a thread count this process
    cannot have, or a target this processor cannot run; CheckFailed when the measurement itself fails.
    """
    resolved, cpu = resolve(target), host_cpu()
    _machine_name(resolved)
    if missing := resolved.missing_on(cpu):
        raise TilewrightError(f"{cpu.model} cannot run code for {target} (it lacks {', '.join(missing)}): use `native`")
    if not 1 <= threads <= available_cores():
        raise TilewrightError(f"peaks can be measured with 1 to {available_cores()} threads here, not {threads}")
    command = [sys.executable, "-m", __name__, "--target", target, "--threads", str(threads), "--json"]
    environment = {**os.environ, "TVM_NUM_THREADS": str(threads)}
    environment.pop("TVM_USE_RUNTIME_LIB", None)  # the child compiles
    try:
        child = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_TIME_LIMIT_S)
    except subprocess.TimeoutExpired:
        raise CheckFailed(f"measuring the peaks took over {_TIME_LIMIT_S} s: is the machine overloaded?") from None
    if child.returncode:
        last = (child.stderr.strip().splitlines() or [f"exit status {child.returncode}"])[-1]
        raise CheckFailed(f"measuring the peaks failed: {last}")
    return Peaks(**json.loads(child.stdout))


def measure_here(target: str, threads: int) -> Peaks:
    """As `measure_peaks`, but in this process, whose thread pool must have `threads` threads already."""
    compiler()
    from ...schedules import machines
    from ...schedules.probes.fma_peak import fma_peak
    from ...schedules.probes.stream import stream

    resolved = resolve(target)
    machine = machines.get(_machine_name(resolved))
    peak = _rate(fma_peak(machine, threads), resolved.tvm)
    bandwidth = _rate(stream(machine, threads, _array_bytes(machine.l3_bytes)), resolved.tvm)
    return Peaks(resolved.name, threads, round(peak, 1), round(bandwidth, 1), host_cpu().model)


def fma_gflops(target: Target, threads: int) -> float:
    """The first of the two lines alone, in this process and in a tenth of the time.  Raises as `measure_here`."""
    from ...schedules import machines
    from ...schedules.probes.fma_peak import fma_peak

    probe = fma_peak(machines.get(_machine_name(target)), threads)
    return in_pool_of(threads, lambda: _rate(probe, target.tvm, QUICK_MS))


def _machine_name(target: Target) -> str:
    if not target.machine:
        raise TilewrightError(f"there is no machine description for {target.name!r}: name a target such as `native`")
    return target.machine


def _array_bytes(usual_cache_bytes: int) -> int:
    """Four times the caches, as STREAM asks for, if three such arrays leave most of the memory free."""
    caches = max(usual_cache_bytes, last_level_cache_bytes() or 0)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(max(4 * caches, 32 * 1024 * 1024), memory // 16)


def _rate(probe: Probe, target: str, milliseconds: int = REPETITION_MS) -> float:
    built = build_probe(probe, target)
    return probe_rate(probe, built.entry_name, built, compiler().cpu(), milliseconds)


def main(arguments: list[str] | None = None) -> int:
    """The child process: one JSON object, the fields of Peaks, on standard output."""
    parser = argparse.ArgumentParser(prog="python -m tilewright.compile.benchmarking.peaks", description=__doc__)
    parser.add_argument("--target", default="native", help="a named target, or a TVM target string")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a sentence")
    options = parser.parse_args(arguments)
    os.environ["TVM_NUM_THREADS"] = str(options.threads)
    try:
        peaks = measure_here(options.target, options.threads)
    except TilewrightError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    sentence = f"{peaks.host}, {peaks.threads} threads: {peaks.fma_gflops} GFLOP/s, {peaks.bandwidth_gbs} GB/s"
    print(json.dumps(asdict(peaks)) if options.json else sentence)
    return 0


if __name__ == "__main__":
    sys.exit(main())
