"""Rounds in a network: a candidate is put down as failed only where the network can be built without it."""

import pytest
from tilewright.compile.errors import CheckFailed
from tilewright.compile.importing import import_model
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.budget import Budget
from tilewright.compile.tuning.choice import RecordedChoice
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.in_network import tune_in_network
from tilewright.compile.tuning.log import Log, read_log
from tilewright.compile.tuning.network_watch import watch_networks
from tilewright.compile.tuning.record import Failure
from tilewright.compile.tuning.rounds import Rounds
from tilewright.compile.tuning.sources import Tuner
from tilewright.compile.tuning.tasks import tasks_of
from tilewright.compile.tuning.transfer import Experience
from tilewright.compile.tuning.waiting import Waiting
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Dense, to_key

HERE = resolve("native")


@pytest.fixture
def rounds_of(imported_lenet5, tmp_path):
    compiler()

    def rounds(known):
        waiting = Waiting(Log((), (), (), ()), None, "network")
        return Rounds(imported_lenet5, HERE, (1,), known, waiting, False, Experience(HERE, tmp_path))

    return rounds


class Defaults(RecordedChoice):
    def __init__(self):
        super().__init__((), machines.get(HERE.machine))


def spoilt(one):
    """A candidate that cannot be built: its config is another kernel's."""
    from tilewright.schedules.kernels import Candidate
    from tilewright.schedules.traces.traced import Config

    return Candidate(one.kernel, Config("no trace"))


def test_where_what_is_on_record_cannot_be_built_no_candidate_is_at_fault(rounds_of):
    """The layer of the fault has been finished, so each round takes it as it is known."""

    class Known(Defaults):
        def __call__(self, layer):
            one = super().__call__(layer)
            return spoilt(one) if isinstance(layer, Dense) and one is not None else one

    rounds = rounds_of(Known())
    rounds._candidates = [(layer, all_) for layer, all_ in rounds._candidates if not isinstance(layer, Dense)]
    assert rounds.left
    with pytest.raises(CheckFailed, match=r"lenet5 cannot be built with what is on record \(\w+: .*\)$"):
        rounds.measure()


@pytest.mark.slow
def test_the_one_at_fault_is_found(rounds_of):
    rounds = rounds_of(Defaults())
    layer, all_ = next((layer, all_) for layer, all_ in rounds._candidates if isinstance(layer, Dense))
    all_[0] = spoilt(all_[0])
    tried = set(map(to_key, rounds._left()))
    entries = rounds.measure()
    (failure,) = (one for one in entries if isinstance(one, Failure))
    assert (failure.layer, failure.failed, failure.candidate) == (to_key(layer), "build", all_[0].name)
    assert {one.layer for one in entries} == tried and len(tried) > 1, "all others were measured"


@pytest.mark.slow
def test_trials_count_candidates_whatever_the_thread_counts(imported_lenet5, tmp_path):
    """Two rounds of four layers, or five, where the first had spent the six trials by its eight records."""
    tasks = tasks_of([imported_lenet5], HERE, require_choice(HERE))
    budget, threads = Budget.starting_now(trials=6), (1, 2)
    watch = watch_networks(tasks, HERE, threads, read_log(HERE.name, tmp_path), Tuner(kernels=True), budget, _ignored)
    count = tune_in_network([imported_lenet5], HERE, threads, tmp_path, watch, budget)
    records = read_log(HERE.name, tmp_path).records
    assert count == watch.trials == len(records) / 2 == 2 * len({one.layer for one in records})


@pytest.mark.slow
def test_a_small_budget_goes_to_the_network_with_the_most_to_compute(imported_lenet5, tmp_path):
    """It was spent on the one that was typed first."""
    networks = [imported_lenet5, import_model("resnet20", weights="random", check=False)]
    tasks, budget = tasks_of(networks, HERE, require_choice(HERE)), Budget.starting_now(trials=1)
    watch = watch_networks(tasks, HERE, (1,), read_log(HERE.name, tmp_path), Tuner(kernels=True), budget, _ignored)
    tune_in_network(networks, HERE, (1,), tmp_path, watch, budget)
    assert {one.model for one in read_log(HERE.name, tmp_path).records} == {"resnet20"}


def _ignored(watch):
    pass
