"""What won is run on values whose answer is known: a wrong answer costs its records, a lost board costs nothing."""

from collections import Counter
from concurrent.futures import Future
from dataclasses import replace

import pytest
from tilewright.compile.boards.choice import BoardChoice
from tilewright.compile.boards.connection import Connection
from tilewright.compile.boards.lost import BoardLost
from tilewright.compile.boards.wire import Address
from tilewright.compile.building.link import linker
from tilewright.compile.cpu import host_cpu
from tilewright.compile.errors import CheckFailed
from tilewright.compile.progress import silent
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.alone import check
from tilewright.compile.tuning.alone.build_trial import Builders
from tilewright.compile.tuning.alone.measuring import Measuring
from tilewright.compile.tuning.alone.reference import Reference
from tilewright.compile.tuning.alone.run import Alone
from tilewright.compile.tuning.alone.slots import Slots, open_slots
from tilewright.compile.tuning.alone.turns import take_turns
from tilewright.compile.tuning.budget import Budget
from tilewright.compile.tuning.choice import RecordedChoice
from tilewright.compile.tuning.log import append, read_log
from tilewright.compile.tuning.progressing import Progressing
from tilewright.compile.tuning.race import TURNS
from tilewright.compile.tuning.record import Record
from tilewright.compile.tuning.sources import Tuner
from tilewright.compile.tuning.tasks import Task
from tilewright.compile.tuning.watch import Watch
from tilewright.compile.tvm_stack import TVM_VERSION, compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Dense, to_key

HERE = resolve("native")
LAYER = Dense(1, 40, 24)


@pytest.fixture(scope="module")
def slots():
    with open_slots(BoardChoice(), HERE, 60) as slots:
        yield slots


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    with Builders(HERE, tmp_path_factory.mktemp("trials"), 1) as builders:
        yield builders


@pytest.fixture
def space():
    compiler()
    from tilewright.schedules.kernels import candidates

    return list(candidates(LAYER, machines.get(HERE.machine)))


@pytest.fixture
def logs(space, tmp_path):
    """Each candidate is on record, the first the fastest."""
    append([record(one, 10.0 + number) for number, one in enumerate(space)], tmp_path)
    return tmp_path


def record(one, microseconds, place="alone", layer=LAYER):
    at = (to_key(layer), HERE.name, TVM_VERSION, one.kernel.name, one.settings)
    return Record(*at, 1, microseconds, host_cpu().model, "", place)


def state_of(space, logs):
    """Of a run that has just begun: a run before it put down what is on record, and was killed."""
    known = RecordedChoice(read_log(HERE.name, logs).records, machines.get(HERE.machine))
    return Progressing.starting(Task(LAYER, tuple(space), (), None, Counter()), 0, known)


def run_of(logs, slots):
    return Alone(HERE, (1,), slots, logs, read_log(HERE.name, logs), Tuner(kernels=True), Budget())


def checked(space, logs, slots, builders):
    """The layer's state after the check."""
    one = state_of(space, logs)
    check.check_winners(Watch([one]), run_of(logs, slots), builders, silent)
    return one


def failures(logs):
    return [(one.failed, one.candidate) for one in read_log(HERE.name, logs).failures]


class Aborts:
    """In place of Builders: a library that builds, and ends the process that runs it."""

    def __init__(self, folder):
        tvm = compiler()
        from tvm import te, tir

        data, weight = (te.placeholder((1,), "float32", name) for name in ("data", "weight"))
        result = te.compute((1,), lambda _: tir.call_extern("float32", "abort"), name="result")
        built = tvm.build(te.create_schedule(result.op), [data, weight, result], target=HERE.tvm, name="kernel")
        self._path = folder / "aborts.so"
        built.export_library(str(self._path), fcompile=linker(HERE.architecture))

    def submit(self, layer, one):
        ready = Future()
        ready.set_result("")
        return self._path, ready


@pytest.mark.slow
def test_a_right_answer_keeps_its_place(space, logs, slots, builders):
    assert checked(space, logs, slots, builders).winner == space[0] and not failures(logs)
    (mark,) = read_log(HERE.name, logs).checked
    assert (mark.layer, mark.candidate) == (to_key(LAYER), space[0].name)
    assert checked(space, logs, slots, None).winner == space[0], "the next run does not build it to ask again"


@pytest.mark.slow
@pytest.mark.parametrize("place", ["alone", "network"])
def test_a_wrong_answer_costs_a_candidate_its_records(space, tmp_path, slots, builders, monkeypatch, place):
    append([record(one, 10.0 + number, place) for number, one in enumerate(space)], tmp_path)
    agrees = Reference.agrees
    monkeypatch.setattr(Reference, "agrees", lambda self, one, answer: one != space[0] and agrees(self, one, answer))
    one = checked(space, tmp_path, slots, builders)
    assert (one.winner, one.best, one.errors) == (space[1], pytest.approx(11.0), Counter({"answer": 1}))
    assert failures(tmp_path) == [("answer", space[0].name)]
    assert [mark.candidate for mark in read_log(HERE.name, tmp_path).checked] == [space[1].name]


@pytest.mark.slow
def test_where_nothing_can_be_linked_no_candidate_is_at_fault(space, logs, slots, tmp_path):
    with Builders(HERE, tmp_path / "none", 1) as broken, pytest.raises(CheckFailed, match="a trial kernel for"):
        checked(space, logs, slots, broken)
    assert not failures(logs)


@pytest.mark.slow
def test_the_nearest_take_turns_whichever_run_measured_them(space, logs, slots, builders):
    """On boards; here a session of this machine's server stands for one."""
    run = run_of(logs, replace(slots, here=False))
    take_turns(Watch([state_of(space, logs)]), run, Measuring(run, builders), silent)
    times = Counter(one.candidate for one in read_log(HERE.name, logs).records)
    assert max(times.values()) > TURNS, times


@pytest.mark.slow
def test_a_board_that_is_gone_says_nothing_of_a_candidate(space, logs, slots, builders):
    def gone():
        return Connection(Address("127.0.0.1", 9))

    with pytest.raises(BoardLost, match="no board listens"):
        checked(space, logs, Slots((gone,), slots.state), builders)
    assert not failures(logs)


def test_nor_does_one_that_takes_too_long(space, logs, slots, builders, monkeypatch):
    monkeypatch.setattr(check, "_SECONDS", 1e-4)
    assert checked(space, logs, slots, builders).winner == space[0]
    assert not failures(logs)


@pytest.mark.slow
def test_a_candidate_that_ends_its_session_is_put_down(space, logs, slots, tmp_path):
    one = checked(space, logs, slots, Aborts(tmp_path))
    assert one.winner is None and one.best is None
    assert failures(logs) == [("answer", one.name) for one in space]
    assert not read_log(HERE.name, logs).records
