"""How times are taken."""

import time

import numpy as np
import pytest
from tilewright.compile.benchmarking.child import Child
from tilewright.compile.benchmarking.measurement import Latency
from tilewright.compile.benchmarking.metrics.latency import time_block
from tilewright.compile.benchmarking.protocol import Protocol, take_turns

SHORT = Protocol(rounds=2, block_seconds=0.2, least_runs=20, warmup_seconds=0.05)


def test_percentiles():
    times = np.random.default_rng(0).lognormal(size=999)
    latency = Latency.of(times.tolist())
    ordered = np.sort(times)
    assert latency.median == ordered[499] == np.median(times)
    assert (latency.p10, latency.p90) == pytest.approx((np.quantile(times, 0.1), np.quantile(times, 0.9)))
    assert Latency.of([3.0]) == Latency(3.0, 3.0, 3.0)
    assert Latency.of([1, 2, 3, 4]).median == 2.5


def test_a_block_lasts_its_seconds():
    started = time.perf_counter()
    times = time_block(lambda: time.sleep(0.002), seconds=0.2, least_runs=1, warmup=0)
    elapsed = time.perf_counter() - started
    assert 0.2 <= elapsed < 0.5
    assert all(milliseconds >= 2 for milliseconds in times) and 10 <= len(times) <= 100
    assert sum(times) <= elapsed * 1e3


def test_a_block_has_its_runs_however_long_they_take():
    calls = []
    times = time_block(lambda: (calls.append(1), time.sleep(0.01)), seconds=0.0, least_runs=7, warmup=2)
    assert len(times) == 7 and len(calls) == 9 and min(times) >= 10


def test_a_session_lasts_what_was_asked():
    assert Protocol().rounds * Protocol().block_seconds >= 2 and Protocol().least_runs >= 20
    for seconds in (2.0, 2.5, 10.0):
        protocol = Protocol.lasting(seconds)
        assert protocol.block_seconds >= 1 and seconds <= protocol.rounds * protocol.block_seconds < seconds + 1


def test_engines_take_turns(job, job_files):
    with Child(job("tvm"), job_files[1]) as ours, Child(job("onnxruntime"), job_files[1]) as theirs:
        started = time.perf_counter()
        times = take_turns([ours, theirs], SHORT)
        elapsed = time.perf_counter() - started
    assert elapsed >= 2 * (2 * 2 * 0.2 + 0.05), "one after the other, never at once"
    for one in times:
        assert all(len(one[kind]) >= SHORT.least_runs for kind in ("bound", "numpy"))
        assert sum(one["bound"]) + sum(one["numpy"]) <= 1e3 * elapsed
