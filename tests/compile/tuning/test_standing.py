"""How candidates stand that were measured with different thread counts."""

from dataclasses import replace

import pytest
from tilewright.compile.cpu import host_cpu
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.choice import RecordedChoice
from tilewright.compile.tuning.choose import recorded_choice
from tilewright.compile.tuning.compact import compact
from tilewright.compile.tuning.log import append
from tilewright.compile.tuning.marks import Beaten, Finished
from tilewright.compile.tuning.record import Record, space_of
from tilewright.compile.tvm_stack import TVM_VERSION, compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d, ExpandedDepthwise, to_key

LAYER = Conv2d(1, 64, 56, 56, 64, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)

# What is between its halves fits the cache, so that without records it is not fused.
SMALL = ExpandedDepthwise(1, 16, 14, 14, 96, (3, 3), (1, 1), (1, 1, 1, 1), 0.0, 6.0, 16, 16)


MACHINE = machines.get("x86-vnni")


def measured(columns, times, kernel="direct_conv2d", **other):
    """Its records: `times` are microseconds by thread count."""
    config = {"filters": 32, "rows": 1, "columns": columns, "first": "pixels"}
    at = (to_key(LAYER), "x86-vnni", TVM_VERSION, kernel, config)
    named = {"cpu": "a CPU", "model": "a model", **other}
    return [Record(*at, count, time, **named) for count, time in times.items()]


def choice(*candidates, cpu=None):
    return RecordedChoice([record for one in candidates for record in one], MACHINE, cpu)


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


def test_compaction_keeps_what_the_others_are_compared_with():
    """With four threads two are faster than it, with one another is: these have no thread count in common."""
    found = [measured(1, {1: 20.0, 4: 5.0}), measured(2, {4: 4.0}), measured(3, {4: 4.5}), measured(4, {1: 15.0})]
    left = compact([record for one in found for record in one], MACHINE, kept=3)
    assert columns(choice(*found)) == columns(choice(left)) == [4, 2, 3, 1]


SHIPPED = [measured(number, {1: time, 2: time}, cpu="a fast CPU") for number, time in ((1, 100.0), (2, 150.0))]
MINE = [measured(number, {1: time, 2: time}, cpu="mine") for number, time in ((1, 300.0), (2, 200.0))]


@pytest.mark.parametrize(("cpu", "order"), [("mine", [2, 1]), ("a fast CPU", [1, 2]), ("another", [1, 2])])
def test_a_machines_own_records_decide_a_layer_of_which_it_has_two(cpu, order):
    """Shipped times of a faster CPU would make the build take what is slower here."""
    assert columns(choice(*SHIPPED, *MINE, cpu=cpu)) == order


def test_a_machines_own_records_decide_nothing_of_a_single_candidate():
    assert columns(choice(*SHIPPED, MINE[1], cpu="mine")) == [1, 2]
    assert columns(choice(*SHIPPED, MINE[1], MINE[1], cpu="mine")) == [1, 2], "measured twice"


def test_times_of_two_cpus_are_never_compared_with_each_other():
    """Here neither CPU's: the fast one measured the second and the third, the slow one the first two."""
    fast = measured(2, {1: 10.0}, cpu="fast"), measured(3, {1: 12.0}, cpu="fast")
    slow = measured(1, {1: 30.0}, cpu="slow"), measured(2, {1: 40.0}, cpu="slow")
    assert columns(choice(*fast, *slow, cpu="mine")) == [1, 2, 3]
    assert columns(choice(*fast, *slow, cpu="fast")) == [2, 3]


def test_a_single_one_of_this_machine_is_compared_as_it_stands():
    """As after an import of what another program found best here."""
    shipped = measured(1, {1: 100.0}, cpu="a fast CPU"), measured(2, {1: 150.0}, cpu="a fast CPU")
    for its, order in ((90.0, [3, 1, 2]), (120.0, [1, 3, 2])):
        assert columns(choice(*shipped, measured(3, {1: its}, cpu="mine"), cpu="mine")) == order


def test_compaction_keeps_what_each_cpu_would_choose():
    """As it is done on the machine of one of them."""
    theirs = [measured(number, {1: 100.0 + number}, cpu="theirs") for number in range(1, 7)]
    mine = [measured(number, {1: 100.0 - number}, cpu="mine") for number in range(1, 7)]
    left = compact([record for one in (*theirs, *mine) for record in one], MACHINE, kept=2)
    assert columns(choice(left, cpu="theirs"))[:2] == [1, 2] and columns(choice(left, cpu="mine"))[:2] == [6, 5]


def test_a_machines_own_records_are_those_of_its_model(tmp_path):
    """`recorded_choice` knows its name as `records_of` writes it; what is alone here outranks networks elsewhere."""
    here = [measured(number, {1: time}, cpu=host_cpu().model, place="alone") for number, time in ((1, 3.0), (2, 2.0))]
    append([record for one in (*SHIPPED, *here) for record in one], tmp_path)
    assert columns(recorded_choice(resolve("x86-vnni"), tmp_path)) == [2, 1]


def test_compaction_keeps_the_default():
    """However slow: how far it is behind says whether other CPUs take what won."""
    slow = at_default(1000.0)
    fast = [measured(number, {1: 100.0 + number}) for number in range(1, 7)]
    assert slow in compact([slow, *(record for one in fast for record in one)], MACHINE)


def test_compaction_keeps_each_cpus_own(tmp_path):
    records = [record for one in (*SHIPPED, *MINE) for record in one]
    left = compact(records, MACHINE)
    assert sorted(one.to_line() for one in left) == sorted(one.to_line() for one in records)


def fused(*kinds, layer=SMALL):
    """Whether `layer` is, by (times, the kind of records) of it and of its two halves."""
    compiler()
    from tilewright.schedules.kernels import candidates

    records = []
    for one, (times, kind) in zip((layer, layer.expansion, layer.depthwise), kinds, strict=True):
        first = next(iter(candidates(one, machines.get("x86-vnni"))))
        at = (to_key(kind.pop("of", one)), "x86-vnni", TVM_VERSION, first.kernel.name, first.settings)
        named = {"cpu": "a CPU", "model": "a model", **kind}
        records += [Record(*at, count, time, **named) for count, time in times.items()]
    return RecordedChoice(records, machines.get("x86-vnni"), "mine")(layer) is not None


@pytest.mark.parametrize(("its", "wins"), [(9.0, True), (11.0, False)])
def test_a_fused_layer_is_compared_with_its_halves(its, wins):
    halves = ({1: 6.0, 2: 4.0}, {}), ({1: 4.0, 2: 3.0}, {})
    assert fused(({1: its, 2: its * 0.7}, {}), *halves) == wins


@pytest.mark.parametrize("kind", [{"place": "alone"}, {"place": "alone", "clock": "modelled"}, {"cpu": "mine"}])
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


def default_on(machine):
    """What computes LAYER without a record."""
    compiler()
    from tilewright.schedules.kernels import candidates

    return next(iter(candidates(LAYER, machine)))


def at_default(microseconds):
    """A record of what a build takes without one."""
    (one,), default = measured(1, {1: microseconds}), default_on(MACHINE)
    return replace(one, kernel=default.kernel.name, config=default.settings)


def mark(layer, machine):
    """That all of its candidates were measured."""
    compiler()
    from tilewright.schedules.kernels import candidates

    return Finished(to_key(layer), "x86-vnni", TVM_VERSION, 1, space_of(candidates(layer, machine)))


@pytest.mark.parametrize(
    ("default_takes", "finished", "cpu", "taken"),
    [
        (110.0, False, "another", False),
        (120.0, False, "another", True),
        (110.0, False, "a CPU", True),
        (None, True, "another", True),
        (None, False, "another", False),
    ],
)
def test_what_another_cpu_measured_decides_where_it_was_clear(default_takes, finished, cpu, taken):
    """By 15 % and more, or where the default was measured too and none of the fastest, which alone are kept.

    A default that this version of the project has and theirs had not was never measured: it may be faster.
    """
    default = default_on(MACHINE)
    records = measured(1, {1: 100.0}) + measured(2, {1: 105.0})
    if default_takes is not None:
        records.append(at_default(default_takes))
    marks = [mark(LAYER, MACHINE)] if finished else []
    known = RecordedChoice(records, MACHINE, cpu, marks)
    assert known.ground(LAYER) == ("fastest" if taken else "doubted")
    assert known(LAYER) == (known.ranked(LAYER)[0] if taken else default)
    assert not known.untuned


def test_all_boards_of_a_kind_have_the_same_core():
    """What is modelled, or measured on one, holds for each."""
    machine = machines.get("cortex-a72")
    records = [replace(one, target="rpi4") for one in measured(1, {1: 100.0}) + measured(2, {1: 101.0})]
    known = RecordedChoice(records, machine, "another")
    assert known(LAYER) == known.ranked(LAYER)[0] != default_on(machine)


SMALL_NETWORK = [measured(number, {1: time}, cpu="mine", model="small") for number, time in ((1, 10.0), (2, 15.0))]
LARGE_NETWORK = [measured(number, {1: time}, cpu="mine", model="large") for number, time in ((1, 30.0), (2, 20.0))]


@pytest.mark.parametrize(("network", "order"), [("", [1, 2]), ("small", [1, 2]), ("large", [2, 1]), ("new", [1, 2])])
def test_a_networks_own_records_decide_its_layers(network, order):
    """ResNet56's weights no longer fit the cache that ResNet20's do."""
    assert columns(choice(*SMALL_NETWORK, *LARGE_NETWORK, cpu="mine").in_network(network)) == order


def test_a_network_that_has_not_measured_the_winner_decides_nothing():
    other = measured(3, {1: 25.0}, cpu="mine", model="large")
    known = choice(*SMALL_NETWORK, LARGE_NETWORK[1], other, cpu="mine")
    assert columns(known.in_network("large")) == [1, 2, 3]


def test_another_cpus_networks_are_not_told_apart():
    assert columns(choice(*SMALL_NETWORK, *LARGE_NETWORK, cpu="theirs").in_network("large")) == [1, 2]


def test_the_winner_of_each_network_is_a_winner():
    known = choice(*SMALL_NETWORK, *LARGE_NETWORK, measured(3, {1: 40.0}, cpu="mine", model="large"), cpu="mine")
    assert [one.settings["columns"] for one in known.winners(LAYER)] == [1, 2]


def test_compaction_keeps_what_each_network_would_choose():
    small = [measured(number, {1: 10.0 + number}, cpu="mine", model="small") for number in range(1, 9)]
    large = [measured(number, {1: 50.0 - number}, cpu="mine", model="large") for number in range(1, 9)]
    left = compact([record for one in (*small, *large) for record in one], MACHINE, kept=2)
    assert columns(choice(left, cpu="mine").in_network("small"))[:2] == [1, 2]
    assert columns(choice(left, cpu="mine").in_network("large"))[:2] == [8, 7]
    assert len(left) < 9, "not all of them"


def beaten(columns, **other):
    (one,) = measured(columns, {1: 1.0})
    named = {"beaten": "mine", "network": "large", **other}
    return Beaten(one.layer, one.target, one.tvm, one.kernel, one.config, **named)


@pytest.mark.parametrize(
    ("mark", "network", "taken"),
    [
        (beaten(2), "large", False),
        (beaten(2), "small", True),  # in another network
        (beaten(2, beaten="theirs"), "large", True),  # on another processor
        (beaten(1), "large", True),  # it was not the fastest
    ],
)
def test_where_the_winner_was_beaten_the_default_is_taken(mark, network, taken):
    records = [record for one in LARGE_NETWORK for record in one]
    known = RecordedChoice(records, MACHINE, "mine", beaten=[mark]).in_network(network)
    assert (known(LAYER) == known.ranked(LAYER)[0]) == taken
    assert known.ground(LAYER) == ("fastest" if taken else "beaten")
    assert not known.untuned
