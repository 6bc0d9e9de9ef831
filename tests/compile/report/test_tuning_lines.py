"""What a run on boards says at its end: how much of a network is tuned, and which layers are furthest from the peak."""

from collections import Counter

from tilewright.compile.report.tuning_lines import board_lines, latency_lines
from tilewright.compile.tuning.progressing import Progressing
from tilewright.compile.tuning.tasks import Task
from tilewright.compile.tuning.watch import Watch
from tilewright.schedules.layers import Dense, ExpandedDepthwise, Pool2d

SLOW, FAST = Dense(1, 1000, 1000), Dense(1, 3000, 1000)  # 2 and 6 MFLOP


def watch_of(*states, peak=10.0):
    uses = Counter({"a network": 2})
    tasks = [Progressing(Task(layer, (), (), None, uses), left, best, best) for layer, left, best in states]
    return Watch(tasks, peak_gflops=peak)


def test_what_is_tuned_and_what_would_pay_next():
    """The smaller one reaches 4 of 10 GFLOP/s in a third of the time, the larger one 6: 20 % to win, and 27 %."""
    tuned, would_pay = board_lines(watch_of((SLOW, 0, 500.0), (FAST, 3, 1000.0)))
    assert tuned == "a network: 33% of that is tuned, with nothing left to try"
    larger, smaller = would_pay.removeprefix("  would pay next: ").split("), ")
    assert larger.endswith("(67% of the time, at 60% of the peak")
    assert smaller.endswith("(33% of the time, at 40% of the peak)")


def test_a_layer_beyond_the_peak_is_named_last():
    """Winograd's may be: by the definition's FLOPs there is nothing to win."""
    _, would_pay = board_lines(watch_of((FAST, 0, 500.0), (SLOW, 0, 500.0)))
    assert would_pay.endswith("(50% of the time, at 120% of the peak)")


def test_a_layer_that_does_not_multiply_is_far_from_no_peak():
    pool = Pool2d(1, 64, 112, 112, "max", (3, 3), (2, 2), (1, 1, 1, 1), 16)
    _, would_pay = board_lines(watch_of((SLOW, 0, 500.0), (pool, 0, 500.0)))
    assert "pool2d" not in would_pay and would_pay.endswith("(50% of the time, at 40% of the peak)")


def test_a_network_that_is_not_measured_yet():
    watch = watch_of((SLOW, 0, 500.0), (FAST, 3, None))
    assert latency_lines(watch) == ["a network: 1 of its 2 layers are measured"]
    assert board_lines(watch) == []


def test_a_fused_layer_or_its_halves_are_counted_and_not_both():
    """Of 30 us in the halves 12 are the expansion's; fused it takes 20, and then they are not computed."""
    fused = ExpandedDepthwise(1, 16, 14, 14, 96, (3, 3), (1, 1), (1, 1, 1, 1), 0.0, 6.0, 16, 16)
    halves = (fused.expansion, 0, 12.0), (fused.depthwise, 0, 18.0)
    apart, together = (watch_of(*halves, (fused, 1, taken)) for taken in (40.0, 20.0))
    assert [one.predicted_ms("a network") for one in (apart, together)] == [0.06, 0.04]
    assert [one.searched("a network") for one in (apart, together)] == [1.0, 0.0]
    assert [one.layer for one in together.headroom("a network")] == [fused]
    assert {one.layer for one in apart.headroom("a network")} == {fused.expansion, fused.depthwise}
