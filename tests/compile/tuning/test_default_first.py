"""Whatever the tuner: what a build takes without a record is measured first, so that no record wins uncompared."""

import random
from collections import defaultdict

import numpy as np
import pytest
from tilewright.compile.boards.state import BoardState
from tilewright.compile.cpu import HostCpu
from tilewright.compile.importing import import_model
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.alone.run import Alone
from tilewright.compile.tuning.alone.slots import Slots
from tilewright.compile.tuning.alone.trial import Outcome, Trial
from tilewright.compile.tuning.alone.tune import prepare
from tilewright.compile.tuning.budget import Budget
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.log import append, read_log
from tilewright.compile.tuning.record import Record
from tilewright.compile.tuning.sources import tuner_named
from tilewright.compile.tuning.tasks import tasks_of
from tilewright.compile.tvm_stack import TVM_VERSION
from tilewright.schedules.layers import to_key

TARGET = resolve("x86-avx2")
STATE = BoardState(HostCpu("a board", "x86_64", frozenset(), 1), "", None, None, {})


@pytest.fixture(scope="module")
def tasks():
    return tasks_of([import_model("lenet5", check=False)], TARGET, require_choice(TARGET))


@pytest.fixture(autouse=True)
def same_chances():
    """AutoTVM draws from both."""
    random.seed(0)
    np.random.seed(0)


def tried(tuner, tasks, logs, trials=None):
    """What each layer had measured, in order; every candidate takes as long as all others."""
    log = read_log(TARGET.name, logs)
    slots = Slots((None,), STATE)  # no session is opened
    run = Alone(TARGET, (1,), slots, logs, log, tuner_named(tuner), Budget.starting_now(trials=trials))
    found = defaultdict(list)

    def measure(layer, candidates, done):
        for one in candidates:
            found[layer].append(one)
            done(Outcome(Trial(layer, one), {1: 10.0}))

    _, loop = prepare(tasks, run)
    loop.go(measure)
    return found


@pytest.mark.parametrize("tuner", ["kernels", "templates", "autotvm:random", "autotvm", "templates:genetic"])
def test_every_tuner_begins_with_the_default(tasks, tmp_path, tuner):
    found = tried(tuner, tasks, tmp_path)
    chosen = {task.layer: task for task in tasks if tuner_named(tuner).has_choice(task)}
    assert found.keys() == chosen.keys() and len(found) > 1
    for layer, candidates in found.items():
        listed = {one for group in tuner_named(tuner).groups(chosen[layer]) for one in group}
        assert candidates[0] == chosen[layer].candidates[0]
        assert len(candidates) == len(set(candidates)) and set(candidates) == listed | {candidates[0]}
    assert not tried(tuner, tasks, tmp_path), "nor is it measured a second time"


@pytest.mark.slow
def test_metaschedule_begins_with_it_too(tasks, tmp_path):
    found = tried("metaschedule", tasks, tmp_path, trials=8)
    defaults = {task.layer: task.candidates[0] for task in tasks if task.traceable is not None}
    assert {layer: candidates[0] for layer, candidates in found.items()} == defaults
    assert sum(map(len, found.values())) == 8


def test_what_was_measured_in_the_network_need_not_be(tasks, tmp_path):
    layers = [task for task in tasks if task.templates]
    for task in layers:
        one = task.candidates[0]
        at = (to_key(task.layer), TARGET.name, TVM_VERSION, one.kernel.name, one.settings)
        append([Record(*at, 1, 20.0, STATE.cpu.model, "lenet5")], tmp_path)
    found = tried("templates", tasks, tmp_path)
    assert layers and not {one.kernel.name for each in found.values() for one in each} - {"tvm_conv2d"}


def test_a_layer_that_others_won_uncompared_comes_before_all(tasks, tmp_path):
    """As in a log of the version before: with one trial left, that is the default's."""
    tuned = [task for task in tasks if task.templates]
    for task in tuned:
        for one in task.templates[:1] if task == tuned[0] else [*task.templates[:1], task.candidates[0]]:
            at = (to_key(task.layer), TARGET.name, TVM_VERSION, one.kernel.name, one.settings)
            append([Record(*at, 1, 1.0, STATE.cpu.model, "", "alone")], tmp_path)
    assert tried("templates", tasks, tmp_path, trials=1) == {tuned[0].layer: [tuned[0].candidates[0]]}
