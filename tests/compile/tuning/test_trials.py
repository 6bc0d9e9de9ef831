"""Trials of kernels alone: how they end, on this machine's own server and on a farm of boxes."""

import threading
import time
from contextlib import ExitStack

import numpy as np
import pytest
from tilewright.compile.boards.box.box import Box
from tilewright.compile.boards.choice import BoardChoice
from tilewright.compile.boards.farm import boards
from tilewright.compile.boards.tracker import Tracker
from tilewright.compile.boards.wire import Address
from tilewright.compile.importing import import_model
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.alone.build_trial import Builders
from tilewright.compile.tuning.alone.reference import Reference
from tilewright.compile.tuning.alone.run_trial import answer_of
from tilewright.compile.tuning.alone.runner import Job, Runner
from tilewright.compile.tuning.alone.slots import open_slots, this_machine
from tilewright.compile.tuning.alone.trial import Trial
from tilewright.compile.tuning.budget import Budget
from tilewright.compile.tuning.options import TuneOptions
from tilewright.compile.tuning.tune import tune_networks
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d, Dense

CONVOLUTION = Conv2d(1, 16, 8, 8, 16, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)
UNSIGNED = Conv2d(1, 16, 8, 8, 16, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16, "uint8")
KEY = "rpi4-modelled"


def candidates_of(layer, target):
    compiler()
    from tilewright.schedules.kernels import candidates

    return list(candidates(layer, machines.get(target.machine)))


def run(slots, target, trials, folder):
    ended = []
    with Builders(target, folder) as builders:
        jobs = [Job(trial, *builders.submit(trial.layer, trial.candidate)) for trial in trials]
        Runner(slots, (1,), 60).run(jobs, ended.append)
    return ended


@pytest.mark.slow
def test_here(tmp_path):
    """Good ones are timed; one that cannot be built is told, and costs itself only."""
    here = resolve("native")
    good = candidates_of(CONVOLUTION, here)[:3]
    bad = type(good[0])(good[0].kernel, type(good[0].config)(**{**good[0].settings, "filters": 7}))
    with open_slots(BoardChoice(), here, 60) as slots:
        assert slots.here and slots.state.core is None
        ended = run(slots, here, [Trial(CONVOLUTION, one) for one in (good[0], bad, *good[1:])], tmp_path)
    by_candidate = {outcome.trial.candidate: outcome for outcome in ended}
    assert all(0 < by_candidate[one].microseconds[1] < 1000 for one in good)
    assert by_candidate[bad].failed == "build" and by_candidate[bad].message


@pytest.mark.parametrize("layer", [CONVOLUTION, Dense(1, 40, 24), UNSIGNED])
def test_no_candidate_is_its_own_reference(layer, monkeypatch):
    computed = []

    def answer(self, one):
        computed.append(one)
        return np.ones(layer.out_shape)

    monkeypatch.setattr(Reference, "_answer", answer)
    for one in candidates_of(layer, resolve("native")):
        computed.clear()
        assert Reference(layer).agrees(one, np.ones(layer.out_shape))
        assert computed and one not in computed


@pytest.mark.slow
@pytest.mark.parametrize(
    "layer",
    [CONVOLUTION, Dense(1, 40, 24), UNSIGNED],
)
def test_answers_are_told_right_from_wrong(tmp_path, layer):
    here = resolve("native")
    chosen = candidates_of(layer, here)[0]
    with Builders(here, tmp_path) as builders:
        path, built = builders.submit(layer, chosen)
        assert not built.result()
    reference = Reference(layer)
    with open_slots(BoardChoice(), here, 60) as slots, slots.opens[0]() as connection:
        arguments = reference.arguments(chosen)
        assert reference.agrees(chosen, answer_of(connection, path, layer, arguments, 60))
        other = [np.roll(arguments[0], 1), *arguments[1:]]
        assert not reference.agrees(chosen, answer_of(connection, path, layer, other, 60))


@pytest.mark.slow
def test_what_keeps_an_outcome_from_being_put_down_ends_the_run(tmp_path):
    here = resolve("native")

    def full(outcome):
        raise OSError("no space left")

    with Builders(here, tmp_path) as builders, open_slots(BoardChoice(), here, 60) as slots:
        trials = [Trial(CONVOLUTION, one) for one in candidates_of(CONVOLUTION, here)[:3]]
        jobs = [Job(trial, *builders.submit(trial.layer, trial.candidate)) for trial in trials]
        with pytest.raises(OSError, match="no space left"):
            Runner(slots, (1,), 60).run(jobs, full)


@pytest.mark.slow
def test_a_board_that_is_gone_at_the_end_leaves_the_table(tmp_path):
    """Its trials are on record; how long the network takes is what nobody can say."""
    with ExitStack() as server:
        board = BoardChoice(rpc=str(server.enter_context(this_machine())))
        budget = Budget.starting_now(trials=4)
        options = TuneOptions(resolve("native"), tmp_path, "kernels", (1,), board=board, budget=budget)

        def switch_off(what, *_):
            if "what that was worth" in what:
                server.close()

        tuned = tune_networks([import_model("lenet5", check=False)], options, progress=switch_off)
    assert tuned.records >= 4 and tuned.watch.trials == tuned.records
    assert not tuned.verdicts and "the networks themselves were not timed" in tuned.passed_over[-1]


@pytest.mark.all
def test_a_board_that_dies_costs_no_trial(tmp_path):
    """And one that registers after the run began takes its place."""
    target = resolve("rpi4")
    found = candidates_of(CONVOLUTION, target)[:6]
    with Tracker(Address("127.0.0.1", 0)) as tracker, ExitStack() as stack:

        def start():
            return stack.enter_context(Box("cortex-a72", key=KEY, tracker=tracker.address, counting="everything"))

        first = start()
        with open_slots(BoardChoice(tracker=str(tracker.address), key=KEY), target, 60) as slots:
            assert len(slots.opens) == 1 and slots.state.core == "cortex-a72" and not slots.here
            start()
            while len(boards(tracker.address)[KEY]) < 2:
                time.sleep(0.1)
            threading.Timer(3.0, first.kill).start()
            ended = run(slots, target, [Trial(CONVOLUTION, one) for one in found], tmp_path)
    assert {outcome.trial.candidate for outcome in ended} == set(found)
    assert [outcome.failed for outcome in ended] == [None] * len(found), ended
