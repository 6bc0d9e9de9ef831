"""`tilewright board up`, `serve`, `tracker`, `unit`, as processes of their own."""

import importlib.metadata
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.boards.ask_state import ask_state
from tilewright.compile.boards.connection import Connection
from tilewright.compile.boards.farm import boards, take_board
from tilewright.compile.boards.wire import Address
from tilewright.compile.errors import TilewrightError
from tilewright.compile.tuning.log import read_log

MAIN = "from tilewright.compile.cli import main; main()"


@contextmanager
def running(*arguments, says):
    """A verb that runs until Ctrl-C -> what it said that matches `says`."""
    command = [sys.executable, "-c", MAIN, "board", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        try:
            lines = []
            while (found := re.search(says, "".join(lines))) is None:
                lines.append(process.stdout.readline())
                assert lines[-1], process.stderr.read()
            yield found
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0, process.stderr.read()
        finally:
            process.kill()


def address_of(found):
    return Address.parse(found[1], "test")


@pytest.mark.slow
def test_up_until_stopped():
    with running("up", "--cpu", "cortex-a76", says=r"--target rpi5 --rpc (\S+)") as found:
        state = ask_state(address_of(found))
        assert state.cpu.model.startswith("Cortex-A76 (Raspberry Pi 5")
        assert state.told["tilewright"] == importlib.metadata.version("tilewright")
        assert address_of(found).host == "127.0.0.1"
    assert not re.search(rf"qemu.*{found[1]}", subprocess.run(["ps", "axww"], capture_output=True, text=True).stdout)


@pytest.mark.slow
def test_up_says_that_its_board_is_gone():
    command = [sys.executable, "-c", MAIN, "board", "up"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        address = next(found[1] for line in process.stdout if (found := re.search(r"--rpc (\S+)", line)))
        boards = subprocess.run(["pgrep", "-f", "-P", str(process.pid), "qemu-aarch64"], capture_output=True, text=True)
        for one in boards.stdout.split():
            os.kill(int(one), signal.SIGKILL)
        assert process.wait(20) == 1
        (line,) = [line for line in process.stderr.read().splitlines() if line.startswith("tilewright:")]
        assert f"the board in a box on {address} has ended" in line


def test_serve_this_machine(tmp_path):
    with (
        running("serve", "--port", 19091, says=r"ready on (\S+)") as found,
        Connection(address_of(found)) as connection,
    ):
        assert connection.cpu.architecture == os.uname().machine
        (tmp_path / "a").write_bytes(b"abc")
        connection.send(tmp_path / "a", "a")
        assert connection.call("board.size", "a") == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_whenever_it_is_told(number):
    """In the midst of a fork, too, where Python ignores what a handler raises."""
    forked = f"import os; os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), {int(number)})); "
    command = [sys.executable, "-c", forked + MAIN, "board", "serve", "--port", "19094"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        try:
            found = re.search(r"ready on (\S+)", process.stdout.readline())
            with suppress(TilewrightError), Connection(address_of(found)):
                pass
            assert process.wait(20) == 0, process.stderr.read()
            assert not process.stderr.read()
        finally:
            process.kill()


@pytest.mark.slow
def test_a_tracker_and_a_board():
    with running("tracker", "--port", 19191, says=r"tracker on (\S+):") as found:
        tracker = address_of(found)
        options = ("--tracker", tracker, "--key", "here", "--port", 19092)
        with running("serve", *options, says=r"ready on (\S+) as 'here'"), take_board_when_there(tracker) as connection:
            assert connection.state.key == "here"


@contextmanager
def take_board_when_there(tracker):
    began = time.monotonic()
    while "here" not in boards(tracker):
        assert time.monotonic() - began < 20
        time.sleep(0.1)
    with take_board(tracker, "here") as connection:
        yield connection


def one_convolution(path):
    """A network of one layer."""
    weights = numpy_helper.from_array(np.full((16, 16, 3, 3), 0.01, np.float32), "weights")
    ends = [helper.make_tensor_value_info(*end) for end in (("x", TensorProto.FLOAT, [1, 16, 5, 5]), ("y", 1, None))]
    node = helper.make_node("Conv", ["x", "weights"], ["y"], pads=[1, 1, 1, 1])
    graph = helper.make_graph([node], "one", ends[:1], ends[1:], [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.mark.slow
def test_tuning_over_rpc(cli, tmp_path):
    """By this machine's clock: what came near a layer's best is measured three times more before it wins."""
    with running("serve", "--port", 19093, says=r"ready on (\S+)") as found:
        model, options = one_convolution(tmp_path / "one.onnx"), ["--tuner", "kernels", "--threads", 1]
        options += ["--rpc", found[1], "--logs", tmp_path]
        done = cli("tune", model, *options)
        assert done.code == 0, done.stderr
        (path,) = tmp_path.glob("*/kernels.jsonl")
        log = read_log(path.parent.name, tmp_path)
        times = Counter((one.layer, one.candidate) for one in log.records)
        assert {count % 3 for count in times.values()} == {1}
        assert ("take turns" in done.stderr) == (max(times.values()) > 1), "unless none came near"
        again = cli("tune", model, *options)
        assert "one.onnx: 0 new records" in again.stdout, again.stderr


def test_a_systemd_unit(cli):
    text = cli("board", "unit", "--key", "rpi4").stdout
    assert re.search(r"^ExecStart=/\S+/tilewright board serve --key rpi4$", text, re.MULTILINE), text
    assert "Restart=always" in text and "0.0.0.0" not in text
