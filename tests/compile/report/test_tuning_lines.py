"""What a run says at its end: what a network's layers add up to, and which of them are furthest from the peak."""

from collections import Counter

from tilewright.compile.report.tuning_lines import latency_lines, verdict_lines
from tilewright.compile.tuning.headroom import headroom
from tilewright.compile.tuning.progressing import Progressing
from tilewright.compile.tuning.tasks import Task
from tilewright.compile.tuning.verdict import Verdict
from tilewright.compile.tuning.watch import Watch
from tilewright.schedules.layers import Dense, ExpandedDepthwise, Pool2d

SLOW, FAST = Dense(1, 1000, 1000), Dense(1, 3000, 1000)  # 2 and 6 MFLOP


def watch_of(*states):
    uses = Counter({"a network": 2})
    tasks = [Progressing(Task(layer, (), (), None, uses), left, best, best) for layer, left, best in states]
    return Watch(tasks, peak_gflops=10.0)


def would_pay(spent, whole, calls=2):
    """The last line of a verdict on a network that takes `whole` milliseconds, of two calls a layer."""
    most = headroom({layer: calls * taken for layer, taken in spent.items()}, dict.fromkeys(spent, calls), whole, 10.0)
    verdict = Verdict("a network", 1, 3.1, 3.05, whole / 1e3, 2.9, 0.5, tuple(most))
    first, last = verdict_lines([verdict], ", by the MODELLED clock")
    assert first == (
        f"a network, 1 thread(s): 3.1 ms with the kernels' defaults, 3.05 before, {whole / 1e3:.4g} now "
        "(its records add up to 2.9); 50% of the time is tuned, by the MODELLED clock"
    )
    return last.removeprefix("  would pay next: ")


def test_what_was_won_and_what_would_pay_next():
    """The smaller one reaches 4 of 10 GFLOP/s in a third of the time, the larger one 6: 20 % to win, and 27 %."""
    larger, smaller = would_pay({SLOW: 500.0, FAST: 1000.0}, 3000.0).split("), ")
    assert larger.endswith("(67% of the time, at 60% of the peak")
    assert smaller.endswith("(33% of the time, at 40% of the peak)")


def test_a_layer_beyond_the_peak_is_named_last():
    """Winograd's may be: by the definition's FLOPs there is nothing to win."""
    assert would_pay({FAST: 500.0, SLOW: 500.0}, 2000.0).endswith("(50% of the time, at 120% of the peak)")


def test_a_layer_that_does_not_multiply_is_far_from_no_peak():
    pool = Pool2d(1, 64, 112, 112, "max", (3, 3), (2, 2), (1, 1, 1, 1), 16)
    named = would_pay({SLOW: 500.0, pool: 500.0}, 2000.0)
    assert "pool2d" not in named and named.endswith("(50% of the time, at 40% of the peak)")


def test_a_network_that_is_not_measured_yet():
    assert latency_lines(watch_of((SLOW, 0, 500.0), (FAST, 3, None))) == ["a network: 1 of its 2 layers are measured"]


def test_a_fused_layer_or_its_halves_are_counted_and_not_both():
    """Of 30 us in the halves 12 are the expansion's; fused it takes 20, and then they are not computed."""
    fused = ExpandedDepthwise(1, 16, 14, 14, 96, (3, 3), (1, 1), (1, 1, 1, 1), 0.0, 6.0, 16, 16)
    halves = (fused.expansion, 0, 12.0), (fused.depthwise, 0, 18.0)
    apart, together = (watch_of(*halves, (fused, 1, taken)) for taken in (40.0, 20.0))
    assert [one.predicted_ms("a network") for one in (apart, together)] == [0.06, 0.04]
