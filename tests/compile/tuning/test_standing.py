"""How candidates stand that were measured with different thread counts."""

import pytest
from tilewright.compile.tuning.choice import RecordedChoice
from tilewright.compile.tuning.record import Record
from tilewright.compile.tvm_stack import TVM_VERSION
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d, to_key

LAYER = Conv2d(1, 64, 56, 56, 64, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)


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
