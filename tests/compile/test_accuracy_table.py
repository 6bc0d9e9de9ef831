"""Accuracies as tables: figures as people write them, and the counts behind them."""

import io
from dataclasses import replace

import pytest
from rich.console import Console
from tilewright.compile.benchmarking.measurement import Accuracy, Latency, Measurement
from tilewright.compile.report.accuracy_table import accuracy_table, class_table, counts_of, figure_of

ROW = Measurement(
    **{"model": "swiftnet-half", "engine": "tvm", "precision": "fp32", "target": "x86-avx2", "threads": 1, "batch": 1},
    **{"latency_ms": Latency(1, 2, 3), "numpy_latency_ms": Latency(1, 2, 3), "max_abs_error": None, "snr_db": None},
    accuracy=Accuracy("miou", 0.625, 233, "camvid/test", {"pixels": 40_000, "right_pixels": 30_000}, {}),
    **{"accuracy_note": "", "parameter_bytes": None, "code_bytes": None, "peak_rss_bytes": 1, "params": 1, "macs": 1},
    **{"compile_seconds": None, "tuned_share": None, "energy_joules": None, "host": {}},
)


def lines(table):
    console = Console(width=240, file=io.StringIO())
    console.print(table)
    return [line.split() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("metric", "text"),
    [("top1", "80.40%"), ("exact_plate", "80.40%"), ("miou", "80.40%"), ("dice", "0.8040"), ("roc_auc", "0.8040")],
)
def test_figures(metric, text):
    assert figure_of(Accuracy(metric, 0.804, 1000, "d/test")) == text


def test_counts_in_words():
    assert counts_of(ROW.accuracy) == "40,000 pixels, 30,000 right pixels"
    assert counts_of(Accuracy("top1", 0.5, 2, "d/test")) == ""


def test_one_row_an_engine():
    theirs = replace(ROW, engine="onnxruntime", accuracy=Accuracy("top1", 0.5, 12_345, "d/all", {"right": 3}))
    head, ours, other = lines(accuracy_table([ROW, theirs, replace(ROW, accuracy=None)]))
    assert head == ["model", "engine", "batch", "data", "images", "metric", "value", "of"]
    counts = ["40,000", "pixels,", "30,000", "right", "pixels"]
    assert ours == ["swiftnet-half", "tvm", "1", "camvid/test", "233", "mIoU", "62.50%", *counts]
    assert other == ["swiftnet-half", "onnxruntime", "1", "d/all", "12,345", "top-1", "50.00%", "3", "right"]


def test_one_row_a_class():
    ours = replace(ROW, accuracy=replace(ROW.accuracy, classes={"sky": 0.9, "road": 0.5, "car": 0.25}))
    theirs = replace(ours, engine="torch", accuracy=replace(ROW.accuracy, classes={"sky": 0.91, "road": 0.5}))
    assert lines(class_table([ours, theirs])) == [
        ["class", "tvm", "torch"],
        ["sky", "90.00%", "91.00%"],
        ["road", "50.00%", "50.00%"],
        ["car", "25.00%"],
    ]


def test_no_classes_no_table():
    assert class_table([ROW]) is None and class_table([]) is None


def test_a_class_that_only_another_engine_answers():
    """Classes in neither truth nor answers are left out, so two engines need not have the same."""
    ours = replace(ROW, accuracy=replace(ROW.accuracy, classes={"sky": 0.9}))
    theirs = replace(ours, engine="torch", accuracy=replace(ROW.accuracy, classes={"sky": 0.9, "car": 0.0}))
    assert ["car", "0.00%"] in lines(class_table([ours, theirs]))
