"""What the end of a run puts down: times of layers that other networks knew, and winners that were no faster."""

import pytest
from tilewright.compile.cpu import host_cpu
from tilewright.compile.progress import silent
from tilewright.compile.report.tuning_lines import verdict_lines
from tilewright.compile.targets import resolve
from tilewright.compile.tuning import verdicts
from tilewright.compile.tuning.choice import RecordedChoice
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.log import append, read_log
from tilewright.compile.tuning.record import Record
from tilewright.compile.tuning.tasks import tasks_of
from tilewright.compile.tuning.verdicts import verdicts_here
from tilewright.compile.tvm_stack import TVM_VERSION
from tilewright.schedules import machines
from tilewright.schedules.layers import to_key

HERE = resolve("native")


@pytest.fixture
def task(imported_lenet5):
    """The second convolution of LeNet5."""
    unknown = RecordedChoice((), machines.get(HERE.machine))
    return next(one for one in tasks_of([imported_lenet5], HERE, unknown) if getattr(one.layer, "filters", 0) == 16)


def put_down(task, logs, winner, network):
    """Two records of this machine: the default took 10 us there, `winner` 0.01."""
    for one, microseconds in ((task.candidates[0], 10.0), (winner, 0.01)):
        at = (to_key(task.layer), HERE.name, TVM_VERSION, one.kernel.name, one.settings)
        append([Record(*at, 1, microseconds, host_cpu().model, network)], logs)


@pytest.mark.slow
def test_a_layer_known_from_elsewhere_is_known_here_too(imported_lenet5, task, tmp_path):
    layer, both = task.layer, task.candidates[:2]
    put_down(task, tmp_path, both[1], "elsewhere")
    before = read_log(HERE.name, tmp_path)
    (verdict,) = verdicts_here([imported_lenet5], HERE, (1,), tmp_path, before, silent)
    assert 0 < verdict.tuned < 1
    found = read_log(HERE.name, tmp_path).taken_in("lenet5")
    assert {one.layer for one in found} == {to_key(layer)}, "what was never tuned stays unknown"
    assert sorted(one.candidate for one in found) == sorted(one.name for one in both)
    known, here = require_choice(HERE, tmp_path), {one.candidate: one.microseconds for one in found}
    (its,) = known.in_network("lenet5").ranked(layer)[:1]
    assert its.name == min(here, key=here.__getitem__) and known.ranked(layer)[0] == both[1]
    verdicts_here([imported_lenet5], HERE, (1,), tmp_path, read_log(HERE.name, tmp_path), silent)
    assert len(read_log(HERE.name, tmp_path).taken_in("lenet5")) == len(found), "once is enough"


@pytest.mark.slow
def test_what_the_run_measured_and_was_faster_at_its_end_is_put_down(imported_lenet5, task, tmp_path):
    """What an earlier run measured stays as it is."""
    before = read_log(HERE.name, tmp_path)
    for one, microseconds in zip(task.candidates, (1e5, 1e6), strict=False):
        at = (to_key(task.layer), HERE.name, TVM_VERSION, one.kernel.name, one.settings)
        append([Record(*at, 1, microseconds, host_cpu().model, "lenet5")], tmp_path)
    measured = read_log(HERE.name, tmp_path)
    (verdict,) = verdicts_here([imported_lenet5], HERE, (1,), tmp_path, measured, silent)
    assert read_log(HERE.name, tmp_path).records == measured.records and verdict.predicted > 1e2 > verdict.now
    verdicts_here([imported_lenet5], HERE, (1,), tmp_path, before, silent)
    (fresh,) = read_log(HERE.name, tmp_path).records[2:]
    assert (fresh.layer, fresh.candidate) == (to_key(task.layer), task.candidates[0].name)
    assert 0 < fresh.microseconds < 1e3 * verdict.now


@pytest.mark.slow
def test_a_winner_that_is_slower_in_turns_gives_way_to_the_default(imported_lenet5, task, tmp_path):
    """A single column keeps two sums, each of which waits for itself."""
    default, slow = task.candidates[0], task.candidates[-1]
    assert default.settings["columns"] > slow.settings["columns"] == 1
    put_down(task, tmp_path, slow, "lenet5")
    before = read_log(HERE.name, tmp_path)
    assert require_choice(HERE, tmp_path).in_network("lenet5")(task.layer) == slow
    (verdict,) = verdicts_here([imported_lenet5], HERE, (1,), tmp_path, before, silent)
    assert verdict.beaten == 1 and verdict.now > verdict.default
    said = "lenet5: 1 of its layers take the kernels' default again, which was faster in turns"
    assert said in verdict_lines([verdict])
    now = require_choice(HERE, tmp_path).in_network("lenet5")
    assert now(task.layer) == default and now.ground(task.layer) == "beaten"
    (again,) = verdicts_here([imported_lenet5], HERE, (1,), tmp_path, before, silent)
    assert again.beaten == 0 and again.now < verdict.now


@pytest.mark.slow
def test_what_was_taken_for_its_memory_is_not_beaten(imported_lenet5, task, tmp_path, monkeypatch):
    """It is not what the records say, so that nothing is to be said against them."""
    slow = task.candidates[-1]
    put_down(task, tmp_path, task.candidates[1], "lenet5")

    def sparing(choice, network, target):
        return choice.preferring({task.layer: slow} if choice.ranked(task.layer) else {})

    monkeypatch.setattr(verdicts, "as_built", sparing)
    (verdict,) = verdicts_here([imported_lenet5], HERE, (1,), tmp_path, read_log(HERE.name, tmp_path), silent)
    assert verdict.now > verdict.default and verdict.beaten == 0
