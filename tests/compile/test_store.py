"""The store keeps every row as it was measured."""

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest
from tilewright.compile.benchmarking.measurement import Accuracy, Latency, Measurement
from tilewright.compile.errors import TilewrightError
from tilewright.compile.store import Store, store_path

ROW = Measurement(
    model="lenet5",
    engine="tvm",
    precision="fp32",
    target="x86-avx2",
    threads=1,
    batch=1,
    latency_ms=Latency(0.1, 0.2, 0.3),
    numpy_latency_ms=Latency(0.2, 0.3, 0.4),
    max_abs_error=1e-6,
    snr_db=127.5,
    accuracy=Accuracy("miou", 0.5, 233, "camvid/test", {"right_pixels": 3, "pixels": 7}, {"sky": 0.9, "road": 0.1}),
    accuracy_note="",
    parameter_bytes=249_928,
    code_bytes=337_416,
    peak_rss_bytes=95_000_000,
    params=61_706,
    macs=416_520,
    compile_seconds=2.5,
    tuned_share=0.0,
    energy_joules=None,
    host={"cpu": "Some CPU", "cores": 2},
    speedup={"onnxruntime": 1.25},
)
WRITER = """
import sys
from pathlib import Path
from tilewright.compile.store import Store
for _ in range(30):
    Store(Path(sys.argv[1])).put_peaks("CPU", "target", int(sys.argv[2]), {"threads": int(sys.argv[2])})
"""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "deeper" / "store.sqlite")


def test_rows_come_back_as_they_were(store):
    other = replace(ROW, model="resnet18", engine="onnxruntime", accuracy=None, accuracy_note="not measured")
    store.add([ROW])
    store.add([other, ROW])
    rows = store.measurements()
    assert [row.pop("taken_at")[:2] for row in rows] == ["20"] * 3
    expected = [json.loads(json.dumps(one.to_json())) for one in (ROW, other, ROW)]
    assert rows == expected
    assert [row["model"] for row in store.measurements("resnet18")] == ["resnet18"]
    assert store.measurements("unknown") == []


def test_its_columns_can_be_asked_with_sql(store):
    store.add([ROW])
    with sqlite3.connect(store.path) as database:
        query = "SELECT model, engine, target, threads, batch, median_ms FROM measurement"
        assert database.execute(query).fetchall() == [("lenet5", "tvm", "x86-avx2", 1, 1, 0.2)]
    database.close()


def test_all_rows_or_none(store):
    with pytest.raises(TypeError):
        store.add([ROW, replace(ROW, host={"cpu": object()})])
    assert store.measurements() == []


def test_the_newest_peaks_are_kept(store):
    assert store.get_peaks("CPU", "x86-avx2", 1) is None
    for gflops in (90.0, 98.0):
        store.put_peaks("CPU", "x86-avx2", 1, {"fma_gflops": gflops})
    store.put_peaks("CPU", "x86-avx2", 2, {"fma_gflops": 190.0})
    assert store.get_peaks("CPU", "x86-avx2", 1) == {"fma_gflops": 98.0}
    assert store.get_peaks("CPU", "x86-avx2", 2) == {"fma_gflops": 190.0}
    assert store.get_peaks("Another CPU", "x86-avx2", 1) is None


def test_several_processes_may_write_at_once(store):
    children = [subprocess.Popen([sys.executable, "-c", WRITER, str(store.path), str(number)]) for number in (1, 2, 3)]
    assert [child.wait() for child in children] == [0, 0, 0]
    for number in (1, 2, 3):
        assert store.get_peaks("CPU", "target", number) == {"threads": number}


def test_the_environment_names_the_file(monkeypatch, tmp_path):
    monkeypatch.setenv("TILEWRIGHT_STORE", str(tmp_path / "mine.sqlite"))
    assert store_path() == Store().path == tmp_path / "mine.sqlite"
    monkeypatch.delenv("TILEWRIGHT_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert store_path() == tmp_path / "tilewright" / "measurements.sqlite"


@pytest.mark.parametrize("kind", ["a damaged file", "a folder", "a place under a file"])
def test_a_file_that_cannot_be_used(tmp_path, kind):
    path = tmp_path / "store"
    if kind == "a folder":
        path.mkdir()
    else:
        path.write_text("this is no SQLite file, and long enough not to be taken for an empty one\n" * 20)
    path = path / "store.sqlite" if kind == "a place under a file" else path
    with pytest.raises(TilewrightError, match=f"store {path} cannot be used .*set TILEWRIGHT_STORE") as caught:
        Store(path).add([ROW])
    assert caught.value.exit_code == 2
