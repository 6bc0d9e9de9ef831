import json
import platform
import subprocess
import sys

import pytest
from tilewright.compile.benchmarking import peaks
from tilewright.compile.cpu import HostCpu, host_cpu, last_level_cache_bytes
from tilewright.compile.errors import CheckFailed, TilewrightError
from tilewright.compile.tvm_stack import available_cores


@pytest.mark.slow
def test_this_machines_peaks():
    measured = peaks.measure_peaks("native", 1)
    assert measured.threads == 1 and measured.host == host_cpu().model
    assert measured.fma_gflops > 0 and measured.bandwidth_gbs > 0


@pytest.mark.slow
def test_the_child_prints_one_json_object():
    command = [sys.executable, "-m", peaks.__name__, "--target", "native", "--threads", "1", "--json"]
    child = subprocess.run(command, capture_output=True, text=True, check=True)
    assert peaks.Peaks(**json.loads(child.stdout)).target.startswith("x86-")


@pytest.mark.parametrize("threads", [0, -1, 100_000])
def test_a_thread_count_that_cannot_be(threads):
    with pytest.raises(TilewrightError, match=f"1 to {available_cores()} threads"):
        peaks.measure_peaks("native", threads)


def test_an_unknown_target():
    with pytest.raises(TilewrightError, match="x86-avx2"):
        peaks.measure_peaks("x86-avx3", 1)


def test_a_target_this_processor_cannot_run(monkeypatch):
    old = HostCpu("Old CPU", "x86_64", frozenset({"avx", "sse4.2"}), cores=1)
    monkeypatch.setattr(peaks, "host_cpu", lambda: old)
    with pytest.raises(TilewrightError, match=r"Old CPU cannot run code for x86-avx2 .*fma"):
        peaks.measure_peaks("x86-avx2", 1)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="names an x86 CPU")
def test_a_target_string_without_a_machine_description():
    with pytest.raises(TilewrightError, match="no machine description"):
        peaks.measure_peaks("llvm -mcpu=nehalem", 1)


def test_a_child_that_fails_gives_its_last_line(monkeypatch):
    failed = subprocess.CompletedProcess([], returncode=2, stdout="", stderr="Traceback\nno TVM here\n")
    monkeypatch.setattr(peaks.subprocess, "run", lambda *args, **options: failed)
    with pytest.raises(CheckFailed, match="failed: no TVM here"):
        peaks.measure_peaks("native", 1)


def test_arrays_do_not_fit_the_caches():
    usual = 8 * 1024 * 1024
    assert peaks._array_bytes(usual) >= 4 * max(usual, last_level_cache_bytes() or 0)
