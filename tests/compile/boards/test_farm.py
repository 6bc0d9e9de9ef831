"""A farm of boards in boxes: registered by key, taken, given back, dropped when they die."""

import time
from contextlib import ExitStack

import pytest
from tilewright.compile.boards.box.box import Box
from tilewright.compile.boards.choice import BoardChoice
from tilewright.compile.boards.connection import Connection
from tilewright.compile.boards.farm import boards, on_farm, take_board
from tilewright.compile.boards.lost import BoardLost
from tilewright.compile.boards.tracker import Tracker
from tilewright.compile.boards.wire import Address
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.alone.slots import open_slots

KEY = "rpi4"


def until(condition, seconds=20.0):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        time.sleep(0.1)


@pytest.fixture(scope="module")
def farm():
    """A tracker, and two boards that are registered there."""
    with Tracker(Address("127.0.0.1", 0)) as tracker, ExitStack() as stack:
        both = [stack.enter_context(Box("cortex-a72", key=KEY, tracker=tracker.address)) for _ in range(2)]
        until(lambda: len(boards(tracker.address).get(KEY, ())) == 2)
        yield tracker.address, both


def test_two_clients_get_two_boards(farm):
    tracker, both = farm
    with take_board(tracker, KEY) as one, take_board(tracker, KEY) as other:
        assert {one.address, other.address} == {box.address for box in both}
        with pytest.raises(BoardLost, match=r"no board came free at the tracker .* within 2 s"):
            take_board(tracker, KEY, seconds=2)
    for _ in range(3):  # given back each time
        with take_board(tracker, KEY) as one:
            assert one.call("board.save", "x", 0, bytearray(b"x")) is None


def test_a_board_of_a_farm_can_be_named_itself(farm):
    tracker, both = farm
    with Connection(both[0].address) as connection:
        assert connection.state.key == KEY
        with take_board(tracker, KEY) as other:
            assert other.address == both[1].address, "the one that is busy is not given away"


@pytest.mark.slow
def test_an_unknown_key(farm):
    tracker, _ = farm
    with pytest.raises(BoardLost, match=r"no board is registered under 'rpi9' at the tracker .* \(keys there: rpi4\)"):
        take_board(tracker, "rpi9")


@pytest.mark.slow
def test_a_tuning_run_counts_the_boards_that_come_and_go(farm):
    tracker, _ = farm
    with open_slots(BoardChoice(tracker=str(tracker), key=KEY), resolve("rpi4"), 60) as slots:
        assert len(slots.now()) == 2
        with Box("cortex-a72", key=KEY, tracker=tracker):
            until(lambda: len(slots.now()) == 3)
        until(lambda: len(slots.now()) == 2)


def test_work_goes_on_elsewhere_when_a_board_dies(farm):
    """Last in this file: it costs a board."""
    tracker, both = farm
    seen = []

    def work(connection):
        seen.append(connection.address)
        if len(seen) == 1:
            next(box for box in both if box.address == connection.address).kill()
        return connection.call("board.save", "x", 0, bytearray(b"x"))

    on_farm(tracker, KEY, work)
    assert len(set(seen)) == 2
    until(lambda: len(boards(tracker)[KEY]) == 1)


@pytest.mark.slow
def test_boards_come_back_to_a_tracker_that_was_away():
    with ExitStack() as stack:
        tracker = stack.enter_context(Tracker(Address("127.0.0.1", 0)))
        stack.enter_context(Box("cortex-a72", key=KEY, tracker=tracker.address))
        until(lambda: KEY in boards(tracker.address))
        tracker.close()
        again = stack.enter_context(Tracker(tracker.address))
        until(lambda: KEY in boards(again.address))
        with take_board(again.address, KEY) as connection:
            assert connection.cpu.model.startswith("Cortex-A72")
