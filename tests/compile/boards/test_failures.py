"""What goes wrong with boards: each ends in one line, within its time, and the next command works."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tilewright.compile.boards.box.box import Box
from tilewright.compile.boards.connection import Connection
from tilewright.compile.boards.lost import BoardLost
from tilewright.compile.boards.wire import Address
from tilewright.compile.errors import TilewrightError
from tilewright.compile.pipeline import compile_model


@pytest.fixture(scope="module")
def for_pi5(tmp_path_factory):
    return compile_model(
        "lenet5", tmp_path_factory.mktemp("pi5") / "lenet5.bundle", target="rpi5", weights="random"
    ).path


@pytest.mark.slow
def test_a_bundle_for_another_core_is_refused_by_name(cli, pi4, for_pi5):
    done = cli("board", "doctor", for_pi5, "--rpc", pi4.address)
    assert done.code == 1
    text = " ".join(done.stdout.split())
    assert "was built for rpi5, but this CPU (Cortex-A72 (Raspberry Pi 4" in text and "has no dotprod, fullfp16" in text


def test_a_target_that_the_board_cannot_run(fails, pi4):
    words = ["target rpi5 cannot be measured on Cortex-A72", "which has no dotprod, fullfp16"]
    fails("bench", "lenet5", "--target", "rpi5", "--rpc", pi4.address, says=words)
    fails("bench", "lenet5", "--threads", "64", "--rpc", pi4.address, says="--threads 64: 1 to ")


def test_nobody_listens(fails):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = Address(*taken.getsockname())
        fails("bench", "lenet5", "--rpc", address, code=1, says=f"no board listens on {address}: start one with")
        words = f"no tracker answers at {address} (Connection refused): start one with `tilewright board tracker`"
        fails("bench", "lenet5", "--tracker", address, "--key", "rpi4", code=1, says=words)


@pytest.mark.slow
def test_a_stolen_port(fails):
    """Another program has it: one that talks otherwise, and one that keeps the server from listening."""
    web = [
        sys.executable,
        "-c",
        "import http.server as h; s = h.HTTPServer(('127.0.0.1', 0), h.SimpleHTTPRequestHandler);"
        "print(s.server_port, flush=True); s.serve_forever()",
    ]
    with subprocess.Popen(web, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        address = Address("127.0.0.1", int(server.stdout.readline()))
        fails("bench", "lenet5", "--rpc", address, code=1, says=f"{address}")
        fails("board", "serve", "--port", address.port, says=f"cannot listen on {address}: Address already in use")
        fails("board", "up", "--port", address.port, code=1, says=["did not start", "Address already in use"])
        server.kill()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--rpc", "somewhere"), "--rpc 'somewhere': write HOST:PORT"),
        (("--rpc", "localhost:70000"), "write HOST:PORT"),
        (("--rpc", "127.0.0.1:9090", "--board", "box"), "--rpc and --board name two boards"),
        (("--tracker", "127.0.0.1:9190"), "--tracker HOST:PORT and --key NAME go together"),
        (("--board", "fridge"), "--board 'fridge': write box, or box:cortex-a72"),
        (("--board", "box:cortex-a99"), "unknown CPU of a board in a box 'cortex-a99'"),
        (("--board", "box", "--threads", "2"), "models the clock of one thread"),
        (("--board", "box", "--profile"), "--profile and --parts look at this machine"),
    ],
)
def test_wrong_use(fails, options, says):
    fails("bench", "lenet5", *options, says=says)


@pytest.mark.all
def test_a_board_that_dies_in_the_middle_of_a_bench(fails, cli):
    with Box("cortex-a72") as box:
        threading.Thread(target=_pull_the_plug, args=(box,)).start()
        words = f"the connection to the board at {box.address} was lost: its session or the board died"
        fails("bench", "lenet5", "--target", "rpi4", "--rpc", box.address, code=1, says=words)
    with Box("cortex-a72", port=box.address.port) as box:
        assert cli("board", "doctor", "--rpc", box.address).code == 0


def _pull_the_plug(box):
    while " session " not in box.log.read_text():
        time.sleep(0.05)
    time.sleep(3.0)
    box.kill()


def test_a_lost_connection(pi4):
    """The way to the board breaks, and nobody says so: a relay that stops passing anything on."""
    with Relay(pi4.address) as relay, Connection(relay.address) as connection:
        assert connection.call("board.save", "x", 0, bytearray(b"x")) is None
        relay.silent = True
        began = time.monotonic()
        with pytest.raises(BoardLost, match=f"the board at {relay.address} did not answer within 2 s"):
            connection.call("board.size", "x", seconds=2)
        assert time.monotonic() - began < 10
    with Connection(pi4.address) as connection:
        assert connection.call("board.save", "x", 0, bytearray(b"x")) is None


class Relay:
    """Passes bytes between a client and `to`, until it is told to be silent."""

    def __init__(self, to):
        self._to, self.silent = to, False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = Address(*self._listener.getsockname())
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection((self._to.host, self._to.port))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one, other):
        try:
            while data := one.recv(65536):
                if not self.silent:
                    other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other direction has ended the connection

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk_on_the_board(tmp_path, monkeypatch):
    disk = tmp_path / "disk"
    disk.mkdir()
    (tmp_path / "big").write_bytes(bytes(20 << 20))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], check=True)
    try:
        monkeypatch.setattr("tempfile.tempdir", str(disk))
        with Box("cortex-a72") as box:
            words = f"the board at {box.address}: its disk is full: free some space there"
            with Connection(box.address) as connection, pytest.raises(TilewrightError, match=words):
                connection.send(tmp_path / "big", "big")
            with Connection(box.address) as connection:
                connection.call("board.save", "x", 0, bytearray(1 << 20))
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


BOX_AND_SLEEP = """
import time
from tilewright.compile.boards.box.box import Box
box = Box("cortex-a72")
print(box._process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_a_box_ends_with_the_process_that_started_it():
    with subprocess.Popen([sys.executable, "-c", BOX_AND_SLEEP], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        status = Path(f"/proc/{int(parent.stdout.readline())}/status")
        os.kill(parent.pid, signal.SIGKILL)
    for _ in range(100):
        if not status.exists() or re.search(r"State:\s+Z", status.read_text()):
            return
        time.sleep(0.1)
    pytest.fail("the box lives on")
