"""What the turns of a network's builds say of its layers."""

import json

import pytest
from tilewright.compile.bundle.manifest import KernelRecord
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.log import Log
from tilewright.compile.tuning.record import Record
from tilewright.compile.tuning.turned import Turned
from tilewright.schedules.layers import Dense, to_key

LAYER = to_key(Dense(1, 40, 24))


def build(outputs, microseconds):
    """A network of one layer, by a candidate with so many outputs at once: its calls, and its kernels."""
    stated = {"layer": LAYER, "kernel": "dense", "config": {"outputs": outputs, "rows": 1}}
    return [("dense", microseconds)], [KernelRecord("dense", ("dense",), (1, 24), 960, 1920, 4000, stated)]


def turned(*by_threads):
    """`by_threads`: of each thread count the default's candidate and time, and those of now."""
    found = Turned("network", resolve("x86-avx2"), "a CPU")
    for threads, (default, now) in enumerate(by_threads, 1):
        found([build(*default), build(*default), build(*now)], threads)
    return found


@pytest.mark.parametrize(
    ("by_threads", "beaten"),
    [
        ([((32, 10.0), (16, 11.0))], True),
        ([((32, 10.0), (16, 10.2))], False),  # not clearly
        ([((32, 10.0), (16, 9.0))], False),
        ([((32, 10.0), (32, 11.0))], False),  # it is the same
        ([((32, 10.0), (16, 12.0)), ((32, 6.0), (16, 4.0))], False),  # over both thread counts
        ([((32, 10.0), (16, 9.5)), ((32, 6.0), (16, 8.0))], True),
        ([((32, 0.0), (16, 0.0))], False),  # a modelled clock's of what is next to nothing
    ],
)
def test_who_is_beaten(by_threads, beaten):
    marks = turned(*by_threads).beaten()
    assert len(marks) == beaten
    for one in marks:
        assert (one.layer, one.config["outputs"], one.beaten, one.network) == (LAYER, 16, "a CPU", "network")
        assert json.loads(one.to_line())["layer"] == json.loads(LAYER)


def on_record(*times):
    """`times` are (outputs, microseconds) with one thread in this network."""
    at = (LAYER, "x86-avx2", "0.19.0", "dense")
    records = [Record(*at, {"outputs": outputs, "rows": 1}, 1, taken, "a CPU", "network") for outputs, taken in times]
    return Log(tuple(records), (), (), ())


@pytest.mark.parametrize(
    ("default", "now", "put_down"),
    [
        ((32, 10.0), (16, 9.0), {32: 10.0, 16: 9.0}),  # both, or their distance would be of two moods
        ((32, 12.0), (16, 9.0), {32: 12.0, 16: 9.0}),
        ((32, 13.0), (16, 10.9), {}),  # not clearly
        ((32, 9.0), (16, 9.1), {}),  # the default would win
        ((32, 9.0), (32, 9.0), {32: 9.0}),
    ],
)
def test_times_of_the_end_go_on_record_where_they_are_clearly_faster(default, now, put_down):
    log, its = on_record((32, 12.0), (16, 11.0)), turned((default, now))
    assert {one.config["outputs"]: one.microseconds for one in its.unknown_to(log, {LAYER})} == put_down
    assert its.unknown_to(log) == [], "the run has not measured that layer"


def test_times_of_the_end_of_what_only_other_networks_knew():
    log = on_record((32, 12.0))
    its = turned(((32, 13.0), (16, 14.0)))
    assert [one.config["outputs"] for one in its.unknown_to(log)] == [16]
    assert its.unknown_to(Log((), (), (), ())) == [], "a layer that was never tuned"
