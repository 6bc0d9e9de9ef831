"""What the end of a run puts down: the layers that were only measured in other networks."""

import pytest
from tilewright.compile.cpu import host_cpu
from tilewright.compile.progress import silent
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.choice import RecordedChoice, require_choice
from tilewright.compile.tuning.log import append, read_log
from tilewright.compile.tuning.record import Record
from tilewright.compile.tuning.tasks import tasks_of
from tilewright.compile.tuning.verdicts import verdicts_here
from tilewright.compile.tvm_stack import TVM_VERSION
from tilewright.schedules import machines
from tilewright.schedules.layers import to_key

HERE = resolve("native")


@pytest.fixture
def elsewhere(imported_lenet5, tmp_path):
    """A layer of LeNet5 measured in another network, where its second candidate is the fastest."""
    unknown = RecordedChoice((), machines.get(HERE.machine))
    task = max(tasks_of([imported_lenet5], HERE, unknown), key=lambda task: len(task.candidates))
    default, winner = task.candidates[:2]
    for one, microseconds in ((default, 10.0), (winner, 5.0)):
        at = (to_key(task.layer), HERE.name, TVM_VERSION, one.kernel.name, one.settings)
        append([Record(*at, 1, microseconds, host_cpu().model, "elsewhere")], tmp_path)
    return task.layer, default, winner


@pytest.mark.slow
def test_a_layer_known_from_elsewhere_is_known_here_too(imported_lenet5, elsewhere, tmp_path):
    layer, *both = elsewhere
    before = require_choice(HERE, tmp_path)
    (verdict,) = verdicts_here([imported_lenet5], HERE, (1,), tmp_path, before, silent)
    assert 0 < verdict.tuned < 1
    found = read_log(HERE.name, tmp_path).taken_in("lenet5")
    assert {one.layer for one in found} == {to_key(layer)}, "what was never tuned stays unknown"
    assert sorted(one.candidate for one in found) == sorted(one.name for one in both)
    known, here = require_choice(HERE, tmp_path), {one.candidate: one.microseconds for one in found}
    (its,) = known.in_network("lenet5").ranked(layer)[:1]
    assert its.name == min(here, key=here.__getitem__) and known.ranked(layer)[0] == both[1]
    verdicts_here([imported_lenet5], HERE, (1,), tmp_path, before, silent)
    assert len(read_log(HERE.name, tmp_path).taken_in("lenet5")) == len(found), "once is enough"
