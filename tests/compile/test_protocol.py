"""How times are taken, and the processes that they are taken in."""

import os
import signal
import time

import numpy as np
import pytest
from tilewright.compile.accuracy import compare
from tilewright.compile.benchmarking.child import Child
from tilewright.compile.benchmarking.engines import Job
from tilewright.compile.benchmarking.measurement import Latency
from tilewright.compile.benchmarking.metrics.latency import time_block
from tilewright.compile.benchmarking.protocol import Protocol, take_turns
from tilewright.compile.errors import CheckFailed, TilewrightError
from tilewright.compile.tensor_spec import random_inputs

SHORT = Protocol(rounds=2, block_seconds=0.2, least_runs=20, warmup_seconds=0.05)


@pytest.fixture(scope="module")
def job_files(lenet5, tmp_path_factory):
    """The ONNX file of LeNet5 and an input for it."""
    folder = tmp_path_factory.mktemp("job")
    (folder / "model.onnx").write_bytes(lenet5.imported.onnx)
    np.savez(folder / "inputs.npz", **random_inputs(lenet5.manifest.inputs))
    return folder / "model.onnx", folder / "inputs.npz"


@pytest.fixture
def job(lenet5, job_files):
    models = {"tvm": str(lenet5.path), "torch": "lenet5"}
    return lambda engine, threads=1: Job(engine, models.get(engine, str(job_files[0])), threads)


def outputs(child, folder):
    path = folder / "outputs.npz"
    child.ask("run", outputs=str(path))
    with np.load(path) as file:
        return file["output"]


def test_percentiles():
    times = np.random.default_rng(0).lognormal(size=999)
    latency = Latency.of(times.tolist())
    ordered = np.sort(times)
    assert latency.median == ordered[499] == np.median(times)
    assert (latency.p10, latency.p90) == pytest.approx((np.quantile(times, 0.1), np.quantile(times, 0.9)))
    assert Latency.of([3.0]) == Latency(3.0, 3.0, 3.0)
    assert Latency.of([1, 2, 3, 4]).median == 2.5


def test_a_block_lasts_its_seconds():
    started = time.perf_counter()
    times = time_block(lambda: time.sleep(0.002), seconds=0.2, least_runs=1, warmup=0)
    elapsed = time.perf_counter() - started
    assert 0.2 <= elapsed < 0.5
    assert all(milliseconds >= 2 for milliseconds in times) and 10 <= len(times) <= 100
    assert sum(times) <= elapsed * 1e3


def test_a_block_has_its_runs_however_long_they_take():
    calls = []
    times = time_block(lambda: (calls.append(1), time.sleep(0.01)), seconds=0.0, least_runs=7, warmup=2)
    assert len(times) == 7 and len(calls) == 9 and min(times) >= 10


def test_a_session_lasts_what_was_asked():
    assert Protocol().rounds * Protocol().block_seconds >= 2 and Protocol().least_runs >= 20
    for seconds in (2.0, 2.5, 10.0):
        protocol = Protocol.lasting(seconds)
        assert protocol.block_seconds >= 1 and seconds <= protocol.rounds * protocol.block_seconds < seconds + 1


def test_engines_take_turns(job, job_files):
    with Child(job("tvm"), job_files[1]) as ours, Child(job("onnxruntime"), job_files[1]) as theirs:
        started = time.perf_counter()
        times = take_turns([ours, theirs], SHORT)
        elapsed = time.perf_counter() - started
    assert elapsed >= 2 * (2 * 2 * 0.2 + 0.05), "one after the other, never at once"
    for one in times:
        assert all(len(one[kind]) >= SHORT.least_runs for kind in ("bound", "numpy"))
        assert sum(one["bound"]) + sum(one["numpy"]) <= 1e3 * elapsed


@pytest.mark.parametrize(
    "engine", ["tvm", "onnxruntime", *(pytest.param(name, marks=pytest.mark.slow) for name in ("openvino", "torch"))]
)
def test_engines_answer_alike(job, job_files, engine, tmp_path):
    if engine == "openvino":
        pytest.importorskip("openvino", reason="an optional extra")
    with Child(job("onnxruntime"), job_files[1]) as child:
        expected = outputs(child, tmp_path)
    with Child(job(engine), job_files[1]) as child:
        assert child.version[0].isdigit()
        child.ask("block", kind="bound", seconds=0.0, least_runs=5)
        result = outputs(child, tmp_path)
        assert len(child.ask("block", kind="numpy", seconds=0.0, least_runs=5)) == 5
    assert compare("output", "random", result, expected).snr_db >= 60


def test_peak_memory_is_the_childs_own(job, job_files):
    large = np.ones(1 << 30, np.uint8)  # written to, so it is resident here
    with Child(job("tvm"), job_files[1]) as child:
        peak = child.ask("memory")
        child.ask("block", kind="bound", seconds=0.0, least_runs=100)
        assert child.ask("memory") >= peak
    assert large.sum() == 1 << 30
    assert 20e6 < peak < 400e6


def test_our_process_runs_without_the_compiler(job, job_files):
    with Child(job("tvm"), job_files[1]) as child:
        maps = open(f"/proc/{child._process.pid}/maps").read()  # noqa: PTH123, SIM115
    assert "libtvm_runtime" in maps
    assert not any(library in maps for library in ("libLLVM", "libtorch", "libtvm.so"))


def test_a_process_that_dies_is_one_line(job, job_files):
    with Child(job("tvm"), job_files[1]) as child:
        os.kill(child._process.pid, signal.SIGKILL)
        with pytest.raises(CheckFailed, match=r"the tvm process for .*lenet5.bundle died: exit code -9") as caught:
            child.ask("block", kind="bound", seconds=0.1, least_runs=1)
            child.ask("memory")
    assert "\n" not in str(caught.value) and caught.value.exit_code == 1


def test_a_process_that_raises_is_one_line(job, job_files):
    with (
        Child(job("onnxruntime"), job_files[1]) as child,
        pytest.raises(CheckFailed, match=r"onnxruntime process for .* died: .*FileNotFoundError") as caught,
    ):
        child.ask("run", outputs="/proc/none/outputs.npz")
    assert "\n" not in str(caught.value)


def test_no_process_is_left_behind(job, job_files):
    with Child(job("onnxruntime"), job_files[1]) as child:
        process = child._process
        assert process.poll() is None
    assert process.poll() == 0


def test_what_an_engine_cannot_load_is_its_own_error(job_files, tmp_path):
    with pytest.raises(TilewrightError, match="not a Bundle"):
        Child(Job("tvm", str(tmp_path), 1), job_files[1])
    with pytest.raises(TilewrightError, match=r"engine torch runs zoo models only, not .*model.onnx"):
        Child(Job("torch", str(job_files[0]), 1), job_files[1])
    with pytest.raises(TilewrightError, match="unknown engine 'onnxruntim': did you mean onnxruntime"):
        Child(Job("onnxruntim", str(job_files[0]), 1), job_files[1])
