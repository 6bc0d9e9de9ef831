"""A whole network timed call by call on a board: by the modelled clock of a box, and by the clock of a real server."""

from functools import partial

import pytest
from tilewright.compile.boards.ask_state import ask_state
from tilewright.compile.boards.box.box import Box
from tilewright.compile.boards.connection import Connection
from tilewright.compile.importing import import_model
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.alone.slots import Slots, this_machine
from tilewright.compile.tuning.board_timer import BoardTimer
from tilewright.compile.tuning.choice import RecordedChoice
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.log import shipped_logs
from tilewright.compile.tuning.network_timer import NetworkTimer
from tilewright.compile.tuning.verdict import verdict_on

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def box():
    """The one slot of a Raspberry Pi 4 in a box, by the modelled clock."""
    with Box("cortex-a72", counting="everything") as box:
        yield Slots((partial(Connection, box.address),), ask_state(box.address))


def test_the_calls_add_up_to_the_network(box, tmp_path):
    """Though counting between calls as short as LeNet5's throws lines out of the first cache."""
    target = resolve("rpi4")
    timer = BoardTimer(import_model("lenet5", check=False), target, require_choice(target), box, tmp_path)
    calls = timer.profile(1)
    assert len(calls) >= 5 and all(taken >= 0 for _, taken in calls)  # TVM's "__nop" is nothing
    (library,) = tmp_path.glob("*/*.so")
    assert sum(taken for _, taken in calls) == pytest.approx(1e6 * seconds_of_a_run(library, box), rel=0.05)


def seconds_of_a_run(library, box):
    """By TVM's timer, which knows of no calls."""
    with box.opens[0]() as session, session.in_time():
        session.send(library, library.name)
        device = session.remote.cpu()
        network = session.remote.load_module(library.name)["default"](device)
        seconds = network.time_evaluator("run", device, number=1)().mean
        del network  # it keeps the session
    return seconds


def test_the_records_say_how_long_the_network_will_take(box, tmp_path):
    """Its layers' times, alone, and what else is in it: within 10 % of the time of the whole."""
    target = resolve("rpi4")
    now, network = require_choice(target), import_model("lprnet", weights="random", check=False)

    def timer(choice):
        return BoardTimer(network, target, choice, box, tmp_path)

    shipped = require_choice(target, shipped_logs())
    unknown = RecordedChoice((), now.machine)
    (verdict,) = verdict_on("lprnet", timer, {1: 12.0}, (unknown, shipped, now), modelled=True)
    assert verdict.now == verdict.before < verdict.default
    assert verdict.predicted == pytest.approx(verdict.now, rel=0.1)
    assert verdict.tuned == 1


def test_a_server_times_the_same_calls_as_the_host(tmp_path):
    """By this machine's own clock, with one thread and with two."""
    target = resolve("native")
    network, choice = import_model("lenet5", check=False), require_choice(target)
    with this_machine() as address:
        slots = Slots((partial(Connection, address),), ask_state(address))
        there = BoardTimer(network, target, choice, slots, tmp_path)
        here = NetworkTimer(network, target, choice)
        for threads in (1, 2):
            calls = there.profile(threads)
            assert [name for name, _ in calls] == [name for name, _ in here.profile(threads)]
            assert all(taken > 0 for _, taken in calls)
