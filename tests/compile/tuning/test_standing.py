"""How candidates stand that were measured with different thread counts."""

from dataclasses import replace

import pytest
from tilewright.compile.tuning.choice import RecordedChoice
from tilewright.compile.tuning.record import Record
from tilewright.compile.tvm_stack import TVM_VERSION, compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d, ExpandedDepthwise, to_key

LAYER = Conv2d(1, 64, 56, 56, 64, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)

# What is between its halves fits the cache, so that without records it is not fused.
SMALL = ExpandedDepthwise(1, 16, 14, 14, 96, (3, 3), (1, 1), (1, 1, 1, 1), 0.0, 6.0, 16, 16)


def measured(columns, times, kernel="direct_conv2d", **other):
    """Its records: `times` are microseconds by thread count."""
    config = {"filters": 32, "rows": 1, "columns": columns, "first": "pixels"}
    at = (to_key(LAYER), "x86-vnni", TVM_VERSION, kernel, config)
    named = {"cpu": "a CPU", "model": "a model", **other}
    return [Record(*at, count, time, **named) for count, time in times.items()]


def choice(*candidates):
    return RecordedChoice([record for one in candidates for record in one], machines.get("x86-vnni"))


def columns(known):
    return [one.settings["columns"] for one in known.ranked(LAYER)]


def test_all_with_all_thread_counts_stand_by_their_means():
    known = choice(measured(1, {1: 10.0, 2: 10.0}), measured(2, {2: 3.0, 1: 30.0}), measured(3, {1: 16.0, 2: 7.0}))
    assert columns(known) == [2, 1, 3]
    assert [known.mean_microseconds(LAYER, one) for one in known.ranked(LAYER)] == pytest.approx(
        [90**0.5, 10, 112**0.5]
    )


@pytest.mark.parametrize(("its", "order"), [(4.0, [3, 1, 2]), (5.5, [1, 3, 2]), (7.0, [1, 2, 3])])
def test_one_found_with_another_thread_count_is_compared_on_that(its, order):
    """As after `tune --threads 4`, which measured the shipped ones once more, and one that is not among them."""
    shipped = [measured(1, {1: 20.0, 2: 10.0, 4: 5.0}), measured(2, {1: 24.0, 2: 12.0, 4: 6.0})]
    known = choice(*shipped, measured(3, {4: its}))
    assert columns(known) == order
    means = [known.mean_microseconds(LAYER, one) for one in known.ranked(LAYER)]
    assert means == sorted(means) == pytest.approx(sorted([10.0, 12.0, 2 * its]))


def test_records_that_share_no_thread_count_never_leave_a_layer_without_a_choice():
    known = choice(measured(1, {1: 20.0, 2: 10.0}), measured(2, {1: 19.0, 2: 10.0}), measured(3, {4: 1.0}))
    assert columns(known) == [2, 1] and known(LAYER) and not known.untuned
    (left_out,) = choice(measured(3, {4: 1.0})).ranked(LAYER)
    assert known.times(LAYER, left_out) == {4: 1.0}


def test_of_two_that_share_none_the_lower_thread_count_decides():
    assert columns(choice(measured(1, {4: 1.0}), measured(2, {1: 3.0}))) == [2]


def test_one_that_this_version_lacks_does_not_set_the_thread_counts():
    known = choice(measured(1, {1: 2.0}), measured(2, {1: 1.0, 2: 1.0}, kernel="gone"))
    assert columns(known) == [1]


def fused(*kinds, layer=SMALL):
    """Whether `layer` is, by (times, the kind of records) of it and of its two halves."""
    compiler()
    from tilewright.schedules.kernels import candidates

    records = []
    for one, (times, kind) in zip((layer, layer.expansion, layer.depthwise), kinds, strict=True):
        first = next(iter(candidates(one, machines.get("x86-vnni"))))
        at = (to_key(kind.pop("of", one)), "x86-vnni", TVM_VERSION, first.kernel.name, first.settings)
        records += [Record(*at, count, time, "a CPU", "a model", **kind) for count, time in times.items()]
    return RecordedChoice(records, machines.get("x86-vnni"))(layer) is not None


@pytest.mark.parametrize(("its", "wins"), [(9.0, True), (11.0, False)])
def test_a_fused_layer_is_compared_with_its_halves(its, wins):
    halves = ({1: 6.0, 2: 4.0}, {}), ({1: 4.0, 2: 3.0}, {})
    assert fused(({1: its, 2: its * 0.7}, {}), *halves) == wins


@pytest.mark.parametrize("kind", [{"place": "alone"}, {"place": "alone", "clock": "modelled"}])
def test_a_fused_layer_is_not_compared_with_halves_measured_elsewhere(kind):
    """Alone it takes less than they do in a network, where it might not."""
    halves = ({1: 6.0}, {}), ({1: 4.0}, {})
    assert not fused(({1: 9.0}, kind), *halves) and fused(({1: 9.0}, {}), *halves)


def test_a_fused_layer_is_compared_with_its_halves_on_the_thread_counts_of_all():
    both = {1: 6.0, 2: 1.0}, {1: 6.0, 2: 1.0}
    assert fused(({1: 9.0}, {}), *((times, {}) for times in both)), "9 of 12 with one thread"
    assert not fused(({4: 1.0}, {}), *((times, {}) for times in both)), "none is shared"


def test_a_fused_layer_of_a_batch_is_not_compared_with_halves_of_one_picture():
    batch = replace(SMALL, batch=4)
    apart = [({1: 50.0}, {"of": one}) for one in (SMALL.expansion, SMALL.depthwise)]
    assert batch.expansion.out_bytes < machines.get("x86-vnni").l2_bytes
    assert not fused(({1: 60.0}, {}), *apart, layer=batch)
