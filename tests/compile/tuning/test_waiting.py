"""What is left to measure at one place by one clock, after what was put down at another."""

import json

import pytest
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.entry import from_line
from tilewright.compile.tuning.log import append, read_log
from tilewright.compile.tuning.marks import Finished
from tilewright.compile.tuning.record import Failure, Record, space_of
from tilewright.compile.tuning.waiting import Waiting, cpu_that_counts
from tilewright.compile.tvm_stack import TVM_VERSION, compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Dense, to_key

LAYER, TARGET = Dense(1, 400, 120), "rpi4"
NETWORK, ALONE, BOX = ("network", "wall"), ("alone", "wall"), ("alone", "modelled")


@pytest.fixture(scope="module")
def space():
    compiler()
    from tilewright.schedules.kernels import candidates

    return list(candidates(LAYER, machines.get("cortex-a72")))


def failure(one, failed, *at):
    return Failure(to_key(LAYER), TARGET, TVM_VERSION, one.kernel.name, one.settings, failed, "said so", *at)


def left(space, logs, at):
    return Waiting(read_log(TARGET, logs), None, *at).left(LAYER, [space], (1,))


@pytest.mark.parametrize("at", [NETWORK, ALONE, BOX])
def test_a_finished_layer_is_finished_where_it_was_measured(space, tmp_path, at):
    records = [
        Record(to_key(LAYER), TARGET, TVM_VERSION, one.kernel.name, one.settings, 1, 5.0, "a CPU", "", *at)
        for one in space
    ]
    append(records, tmp_path)
    append(Waiting(read_log(TARGET, tmp_path), None, *at).marks(LAYER, [space], (1,), TARGET), tmp_path)
    assert len(read_log(TARGET, tmp_path).finished) == 1
    assert {one: len(left(space, tmp_path, one)) for one in (NETWORK, ALONE, BOX)} == {
        one: 0 if one == at else len(space) for one in (NETWORK, ALONE, BOX)
    }


def test_what_another_cpu_measured_is_measured_here_as_well(space, tmp_path):
    """A log from elsewhere had its winners measured by nobody here, and what was left, the slow ones, won."""

    def measured_on(cpu, some):
        at = (to_key(LAYER), TARGET, TVM_VERSION)
        append([Record(*at, one.kernel.name, one.settings, 1, 5.0, cpu, "") for one in some], tmp_path)
        append(Waiting(read_log(TARGET, tmp_path), cpu, "network").marks(LAYER, [space], (1,), TARGET), tmp_path)

    def left_on(cpu):
        return len(Waiting(read_log(TARGET, tmp_path), cpu, "network").left(LAYER, [space], (1,)))

    measured_on("theirs", space)
    (mark,) = read_log(TARGET, tmp_path).finished
    assert mark.cpu == "theirs"
    assert (left_on("theirs"), left_on("ours")) == (0, len(space))
    measured_on("ours", space[:2])
    assert left_on("ours") == len(space) - 2


def test_an_old_mark_is_of_the_cpus_that_measured_its_layer(space, tmp_path):
    record = Record(to_key(LAYER), TARGET, TVM_VERSION, space[0].kernel.name, space[0].settings, 1, 5.0, "theirs", "")
    append([record, Finished(to_key(LAYER), TARGET, TVM_VERSION, 1, space_of(space))], tmp_path)
    log = read_log(TARGET, tmp_path)
    assert len(log.of_cpu("theirs").finished) == 1
    assert not log.of_cpu("ours").finished
    assert log.of_cpu(None) == log


def test_boards_of_one_design_share_what_they_measured():
    assert cpu_that_counts(resolve("rpi4"), "Raspberry Pi 4 Model B Rev 1.4") is None
    assert cpu_that_counts(resolve("x86-avx2"), "AMD EPYC (family 25, model 1)") == "AMD EPYC (family 25, model 1)"


@pytest.mark.parametrize(
    ("failed", "at", "barred"),
    [
        ("timeout", BOX, {BOX}),
        ("crash", BOX, {BOX}),
        ("build", NETWORK, {NETWORK}),
        ("build", ALONE, {ALONE}),
        ("crash", ALONE, {ALONE, NETWORK}),
        ("timeout", ALONE, {ALONE, NETWORK}),
        ("answer", BOX, {BOX, ALONE, NETWORK}),
    ],
)
def test_a_failure_bars_a_candidate_where_it_would_fail_again(space, tmp_path, failed, at, barred):
    append([failure(space[0], failed, *at)], tmp_path)
    found = {one for one in (NETWORK, ALONE, BOX) if space[0] not in left(space, tmp_path, one)}
    assert found == barred and all(len(left(space, tmp_path, one)) >= len(space) - 1 for one in found)


def test_lines_that_do_not_say_where_hold_anywhere(space, tmp_path):
    """As older versions wrote them, and the shipped logs have them."""
    old = [failure(space[0], "timeout"), Finished(to_key(LAYER), TARGET, TVM_VERSION, 1, space_of(space[1:]))]
    assert not any({"place", "clock"} & set(json.loads(one.to_line())) for one in old)
    assert [from_line(one.to_line()) for one in old] == old
    append(old, tmp_path)
    for at in (NETWORK, ALONE, BOX):
        assert space[0] not in left(space, tmp_path, at) and not left(space[1:], tmp_path, at)
