"""A page of what was measured, and of sweeps."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tilewright.compile.report.measured_section import newest
from tilewright.compile.report.trade_off import Mark, front
from tilewright.compile.store import Store
from tilewright.compile.sweeping.results import Result, read_results, write_results
from tilewright.models import weights


class Table(HTMLParser):
    """Cells of all rows of all tables."""

    def __init__(self, text):
        super().__init__()
        self.rows = []
        self._in = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        self._in = tag in ("td", "th")
        if self._in:
            self.rows[-1].append("")

    def handle_data(self, data):
        if self._in:
            self.rows[-1][-1] += data

    def handle_endtag(self, tag):
        self._in = False


def measured(ratio, accuracy, milliseconds):
    """What `eval` writes of our engine, as far as a summary reads it."""
    return {
        "engine": "tvm",
        "threads": 1,
        "params": 100,
        "macs": 1000,
        "onnx_bytes": int(1e6 * (1 - ratio)),
        "accuracy": {"value": accuracy, "metric": "top1"},
        "latency_ms": {"median": milliseconds},
        "speedup": {"onnxruntime": 2.0},
    }


RESULTS = [
    Result(
        f"p{ratio}", "lenet5", "done", {"prune.ratio": ratio}, None, [("eval", measured(ratio, accuracy, 1 - ratio))]
    )
    for ratio, accuracy in ((0.0, 0.99), (0.3, 0.97), (0.6, 0.98))
] + [Result("last", "lenet5", "failed", {"prune.ratio": 0.9}, "<no such file>", [])]


def test_results_are_read_as_they_were_written(tmp_path):
    write_results(RESULTS, tmp_path / "results.sqlite")
    assert read_results(tmp_path / "results.sqlite") == RESULTS


def test_the_page_of_a_sweep(cli, tmp_path):
    (tmp_path / "ratios").mkdir()
    write_results(RESULTS, tmp_path / "ratios" / "results.sqlite")
    done = cli("report", tmp_path / "ratios" / "results.sqlite", "-o", tmp_path / "page.html")
    assert done.code == 0 and done.stdout == f"{tmp_path / 'page.html'}: written\n", done
    text = (tmp_path / "page.html").read_text()
    names, *rows = Table(text).rows
    assert names[:3] == ["prune.ratio", "state", "parameters"] and [row[0] for row in rows] == [
        "0.0",
        "0.3",
        "0.6",
        "0.9",
    ]
    assert [row[names.index("accuracy")] for row in rows] == ["99.00%", "97.00%", "98.00%", ""]
    assert rows[-1][1] == "failed" and "4 points, 3 done, 1 failed" in text
    assert text.count("<svg") == 2, "what accuracy costs, and parallel coordinates"
    assert not re.findall(r'(?:src|href)="(?!#)(?!http://www.w3.org)', text), "it needs no other file"


@pytest.mark.slow
def test_the_page_of_trainings(cli, tmp_path):
    logs = sorted(Path(weights.__file__).parent.glob("*.log.jsonl"))
    done = cli("report", *logs, "-o", tmp_path / "page.html")
    assert done.code == 0, done
    text = (tmp_path / "page.html").read_text()
    written = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    rows = [row for row in Table(text).rows if "loss" not in row]
    assert len(logs) > 10 and len(rows) == len(written)
    assert all(str(line["loss"]) in row for line, row in zip(written, rows, strict=True))
    assert text.count("<svg") == len(logs)


def test_what_nothing_beats():
    marks = [Mark("a", 1, 0.5), Mark("b", 2, 0.4), Mark("c", 2, 0.7), Mark("d", 3, 0.7), Mark("e", 0.5, 0.1)]
    assert [mark.name for mark in front(marks)] == ["e", "a", "c"]


@pytest.mark.slow
def test_the_page_of_what_was_measured(cli, tmp_path):
    page = tmp_path / "page.html"
    done = cli("bench", "lenet5", "--threads", "1", "--seconds", "2")
    assert done.code == 0, done
    rows = Store(tmp_path / "store.sqlite").measurements()
    done = cli("report", "-o", page)
    assert done.code == 0, done
    names, ours = Table(page.read_text()).rows
    (row,) = (row for row in rows if row["engine"] == "tvm")
    assert ours[0] == "lenet5" and float(ours[names.index("ours, ms")]) == round(row["latency_ms"]["median"], 3)
    assert float(ours[names.index("times as fast")]) == round(row["speedup"]["onnxruntime"], 2)
    assert page.read_text().count("<svg") == 1


def test_the_newest_of_each():
    def row(engine, taken_at, model="a"):
        return {"engine": engine, "taken_at": taken_at, "model": model, **KEY}

    KEY = {"target": "x86-avx2", "precision": "fp32", "threads": 1, "batch": 1, "params": 9}
    rows = [row("tvm", 1), row("onnxruntime", 1), row("tvm", 2), row("onnxruntime", 1, "b")]
    ((key, engines),) = newest(rows).items()
    assert key == ("a", "x86-avx2", "fp32", 1, 1, 9)
    assert {engine: one["taken_at"] for engine, one in engines.items()} == {"tvm": 2, "onnxruntime": 1}


def test_mistakes(fails, tmp_path):
    fails("report", says="no measurement yet; `tilewright bench MODEL` takes one")
    fails("report", "--model", "lenet5", says="no measurement of lenet5 yet")
    fails("report", tmp_path / "none.sqlite", says="none.sqlite: no such file")
    (tmp_path / "text.sqlite").write_text("this is no database, though it is long enough to be one " * 20)
    fails("report", tmp_path / "text.sqlite", says="text.sqlite: not a sweep's results")
    (tmp_path / "x.log.jsonl").write_text('{"epoch": 1}\n')
    fails("report", tmp_path / "x.log.jsonl", says="x.log.jsonl: not a training log")
    write_results(RESULTS, tmp_path / "results.sqlite")
    fails("report", tmp_path / "results.sqlite", "-o", tmp_path / "page.pdf", says="a page is written as .html")
