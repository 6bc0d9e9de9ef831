"""A session with a board: files, errors told as sentences, and a server that no session can stop."""

import os
import re
import signal
import socket
import threading
import time

import numpy as np
import pytest
from tilewright.compile.boards.ask_state import ask_state
from tilewright.compile.boards.box.box import Box
from tilewright.compile.boards.connection import Connection
from tilewright.compile.boards.lost import BoardLost
from tilewright.compile.boards.wire import Address
from tilewright.compile.building.link import linker
from tilewright.compile.errors import CheckFailed, TilewrightError
from tilewright.compile.targets import resolve
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules.instructions import sdot
from tilewright.schedules.instructions.dot import intrinsic


def test_a_board_tells_what_it_is(pi4, pi5):
    four, five = ask_state(pi4.address), ask_state(pi5.address)
    assert four.cpu.model.startswith("Cortex-A72 (Raspberry Pi 4") and four.cpu.architecture == "aarch64"
    assert "dotprod" not in four.cpu.features and {"dotprod", "fullfp16"} <= five.cpu.features
    assert not resolve("rpi4").missing_on(four.cpu) and resolve("rpi5").missing_on(four.cpu)


def test_files_go_there_and_back(session, tmp_path):
    content = np.random.default_rng(0).bytes(9_000_000)  # more than one piece
    (tmp_path / "a").write_bytes(content)
    session.send(tmp_path / "a", "folder/a")
    session.fetch("folder/a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == content


def test_an_empty_file_goes_there_too(session, tmp_path):
    (tmp_path / "a").touch()
    session.send(tmp_path / "a", "a")
    assert session.call("board.size", "a") == 0


def test_a_session_stays_in_its_folder(session):
    with pytest.raises(TilewrightError, match="outside of the session's folder"):
        session.call("board.size", "../../etc/passwd")


def test_an_error_on_the_board_is_told(session, pi4):
    with pytest.raises(TilewrightError, match=f"the board at {pi4.address}: .*nothing: No such file"):
        session.call("board.size", "nothing")
    with pytest.raises(CheckFailed, match=r"has no function 'board\.nonsense'"):
        session.call("board.nonsense")
    assert session.call("board.save", "x", 0, bytearray(b"1")) is None, "the session goes on"


def test_one_session_at_a_time(pi4):
    ended = []
    with Connection(pi4.address):
        assert ask_state(pi4.address).busy_seconds is not None

        def wait_for_turn():
            with Connection(pi4.address):
                ended.append(time.monotonic())

        other = threading.Thread(target=wait_for_turn)
        other.start()
        time.sleep(1.0)
        assert not ended
        left = time.monotonic()
    other.join(30)
    assert ended and ended[0] >= left


def test_a_hung_session_is_given_up(pi4):
    """A board that takes a call and never answers: the time limit ends it."""
    with Connection(pi4.address) as connection:
        process = int(re.findall(r"session (\d+)$", pi4.log.read_text(), re.MULTILINE)[-1])
        os.kill(process, signal.SIGSTOP)
        try:
            with pytest.raises(BoardLost, match=f"the board at {pi4.address} did not answer within 1 s"):
                connection.call("board.size", "x", seconds=1)
        finally:
            os.kill(process, signal.SIGKILL)


@pytest.fixture(scope="module")
def illegal(tmp_path_factory):
    """A library for the A76 whose one function runs sdot, which an A72 does not have."""
    tvm = compiler()
    te = tvm.te
    data = te.placeholder((4,), "int8", "data")
    weights = te.placeholder((4, 4), "int8", "weights")
    step = te.reduce_axis((0, 4), "step")
    sums = te.compute(
        (4,), lambda lane: te.sum(data[step].astype("int32") * weights[lane, step].astype("int32"), axis=step)
    )
    plan = te.create_schedule(sums.op)
    plan[sums].tensorize(sums.op.axis[0], intrinsic(sdot.DOT, 4, "global"))
    built = tvm.build(plan, [data, weights, sums], tvm.target.Target(resolve("rpi5").tvm), name="illegal")
    path = tmp_path_factory.mktemp("illegal") / "illegal.so"
    built.export_library(str(path), fcompile=linker("aarch64"))
    return path


def crash(connection, library):
    """Run an instruction that the board does not have."""
    connection.send(library, "illegal.so")
    tvm = compiler()
    module = connection.remote.load_module("illegal.so")
    device = connection.remote.cpu()
    kinds = (((4,), "int8"), ((4, 4), "int8"), ((4,), "int32"))
    arrays = [tvm.nd.array(np.ones(shape, kind), device) for shape, kind in kinds]
    with connection.in_time():
        module["illegal"](*arrays)


@pytest.mark.slow
@pytest.mark.parametrize("sessions", [20, pytest.param(100, marks=pytest.mark.all)])
def test_of_many_sessions_one_in_ten_crashes(illegal, sessions):
    with Box("cortex-a72") as box:
        for number in range(sessions):
            with Connection(box.address) as connection:
                if number % 10 == 5:
                    with pytest.raises(BoardLost, match="was lost"):
                        crash(connection, illegal)
                else:
                    connection.call("board.save", "x", 0, bytearray(b"x" * number))
                    assert connection.call("board.size", "x") == number
        with Connection(box.address) as connection:  # and one more
            assert connection.call("board.save", "x", 0, bytearray(b"x")) is None
        assert box.log.read_text().count("died of SIGILL") == sessions // 10


def test_a_crash_ends_one_session(pi4, illegal):
    with Connection(pi4.address) as connection, pytest.raises(BoardLost, match="was lost: its session or the board"):
        crash(connection, illegal)
    with Connection(pi4.address) as connection:
        connection.call("board.save", "x", 0, bytearray(b"x"))


def test_what_else_listens_on_a_port():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address(*silent.getsockname())
        with pytest.raises(BoardLost, match=rf"{address} takes connections but does not answer within 1 s"):
            ask_state(address, seconds=1)
    with pytest.raises(BoardLost, match=f"no board listens on {address}: start one with `tilewright board serve`"):
        ask_state(address)
