"""A quantized model that is no faster than the fp32 one on record is warned about."""

from dataclasses import replace

import pytest
from tilewright.compile.benchmarking.measurement import Latency, Measurement
from tilewright.compile.benchmarking.slower_than_fp32 import warnings_for

_ROW = Measurement(
    *("lenet5", "tvm", "int8", "native", 1, 1, Latency(1, 2.0, 3), Latency(1, 2, 3), None, None, None, ""),
    *(None, None, 0, 0, 0, None, None, None, {"cpu": "a CPU"}),
)


def stored(median, **other):
    row = replace(_ROW, precision="fp32", latency_ms=Latency(0, median, 9), **other)
    return {"taken_at": "2026-01-02T03:04:05", **row.to_json()}


@pytest.mark.parametrize(
    ("known", "warned"),
    [
        ([], False),
        ([stored(1.9)], True),
        ([stored(2.0)], True),
        ([stored(2.1)], False),
        ([stored(1.0), stored(3.0)], False),
        ([stored(3.0), stored(1.0)], True),
        ([stored(1.0, threads=2)], False),
        ([stored(1.0, batch=4)], False),
        ([stored(1.0, engine="onnxruntime")], False),
        ([stored(1.0, host={"cpu": "another"})], False),
        ([stored(1.0, macs=5)], False),
    ],
)
def test_the_newest_alike_decides(known, warned):
    found = warnings_for([_ROW, replace(_ROW, engine="onnxruntime")], known)
    assert len(found) == warned and all("int8" in one and "no less than fp32's" in one for one in found)


@pytest.mark.parametrize(
    ("target", "told"),
    [("x86-avx2", True), ("x86-vnni", False), ("rpi5", False), ("llvm -mtriple=aarch64-linux-gnu", False)],
)
def test_fewer_bits_are_named_where_they_are_faster(target, told):
    (found,) = warnings_for([replace(_ROW, target=target)], [stored(1.0, target=target)])
    assert ("--weight-bits 7" in found) == told


def test_fp32_is_not_warned_about():
    assert not warnings_for([replace(_ROW, precision="fp32")], [stored(1.0)])
