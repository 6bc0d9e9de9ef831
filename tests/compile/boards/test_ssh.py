"""A board over SSH, with a real sshd on 127.0.0.1: set up once, served through a tunnel, nothing left behind."""

import os
import re
import signal
import socket
import time
from pathlib import Path

import numpy as np
import pytest
from loopback_sshd import LOOPBACK, LoopbackSshd, free_port
from tilewright.compile.benchmarking.engines import Job
from tilewright.compile.boards.connection import Connection
from tilewright.compile.boards.lost import BoardLost
from tilewright.compile.boards.remote_child import RemoteChild
from tilewright.compile.boards.tunnel import tunnel_to
from tilewright.compile.bundle.load import load_bundle

SERVER = "on_board.server"


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    with LoopbackSshd(tmp_path_factory.mktemp("ssh")) as sshd:
        yield sshd


@pytest.fixture
def ssh(board, monkeypatch):
    monkeypatch.setenv("TILEWRIGHT_SSH", board.ssh())
    return board


def processes(board):
    """The servers at the far end and the ssh processes at this one, by number: what their command lines say."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) not in (os.getpid(), board.process.pid):
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                there = str((entry / "cwd").readlink())
            except OSError:
                continue  # it has ended, or is another user's
            if str(board.folder) in command or str(board.folder) in there:
                found[int(entry.name)] = command
    return found


def gone(board):
    began = time.monotonic()
    while processes(board):
        if time.monotonic() - began > 20:
            return False
        time.sleep(0.1)
    return True


def listening(numbers):
    """The addresses on which these processes listen."""
    sockets = set()
    for number in numbers:
        for descriptor in Path(f"/proc/{number}/fd").iterdir():
            sockets.add(str(descriptor.readlink()))
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A" and f"socket:[{rest[5]}]" in sockets:
                host, port = local.split(":")
                found.append((bytes.fromhex(host)[::-1], int(port, 16)))
    return found


@pytest.mark.slow
def test_the_doctor_sets_a_board_up_once(ssh, cli):
    first = cli("board", "doctor", "--ssh", ssh.destination)
    assert first.code == 0, first
    assert re.search(r"trial kernel +.*trial for \S+ runs there", first.stdout), first.stdout
    ready = sorted(ssh.home.rglob("ready"))
    assert [path.parent.name.split("-")[0] for path in ready] == ["packages", "wheels"]
    times = [path.stat().st_mtime_ns for path in ready]
    assert cli("board", "doctor", "--ssh", ssh.destination).code == 0
    assert sorted(ssh.home.rglob("ready")) == ready
    assert [path.stat().st_mtime_ns for path in ready] == times
    assert gone(ssh)
    assert [path.name for path in ssh.home.iterdir()] == [".cache"]


@pytest.mark.slow
def test_a_bundle_runs_through_a_tunnel(ssh, lenet5, tmp_path):
    inputs = {"input": np.random.default_rng(0).standard_normal((1, 1, 28, 28)).astype(np.float32)}
    np.savez(tmp_path / "inputs.npz", **inputs)
    job = Job("tvm", str(lenet5.path), 1)
    with tunnel_to(ssh.destination) as address:
        with Connection(address) as connection, RemoteChild(connection, job, tmp_path / "inputs.npz") as child:
            child.ask("run", outputs=str(tmp_path / "outputs.npz"))
            mine = processes(ssh)
            ports = listening([*mine, ssh.process.pid])
        assert any(SERVER in command for command in mine.values())
        assert {port for _, port in ports} >= {ssh.port, address.port} and len(ports) >= 3, ports
        assert {host for host, _ in ports} == {socket.inet_aton(LOOPBACK)}
    assert gone(ssh), processes(ssh)
    here = load_bundle(lenet5.path).run(inputs)
    with np.load(tmp_path / "outputs.npz") as there:
        for name, value in here.items():
            np.testing.assert_array_equal(there[name], value)


@pytest.mark.slow
def test_a_cut_tunnel(ssh):
    """The connection breaks in the middle of a session: told at once, and the server at the far end goes, too."""
    with tunnel_to(ssh.destination) as address, Connection(address) as connection:
        connection.call("board.save", "x", 0, bytearray(b"x"))
        (tunnel,) = (number for number, command in processes(ssh).items() if command.startswith("ssh "))
        os.kill(tunnel, signal.SIGKILL)
        with pytest.raises(BoardLost, match=f"the connection to the board at {address} was lost"):
            connection.call("board.size", "x")
    assert gone(ssh), processes(ssh)


def test_a_refused_login(fails, board):
    says = f"no way to {board.destination} ({board.destination}: Permission denied (publickey)): try `ssh -F "
    fails("bench", "lenet5", "--ssh", board.destination, code=1, says=says, TILEWRIGHT_SSH=board.ssh("other_key"))


def test_nobody_there(fails):
    says = f"no way to pi@{LOOPBACK} (ssh: connect to host {LOOPBACK} port "
    ssh = f"ssh -p {free_port()}"
    fails("bench", "lenet5", "--ssh", f"pi@{LOOPBACK}", code=1, says=[says, "refused"], TILEWRIGHT_SSH=ssh)


def test_no_such_host(fails):
    says = ["no way to pi@board.invalid (ssh: Could not resolve hostname board.invalid", "try `ssh pi@board.invalid"]
    fails("bench", "lenet5", "--ssh", "pi@board.invalid", code=1, says=says)


def test_no_ssh_here(fails):
    says = "there is no no-such-ssh here: install OpenSSH's client"
    fails("bench", "lenet5", "--ssh", "pi@board", says=says, TILEWRIGHT_SSH="no-such-ssh")


def test_a_board_without_venv(fails, tmp_path):
    """Its own python3 comes first there, and cannot make virtual environments."""
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin/python3"
    fake.write_text("#!/bin/sh\necho 'No module named venv'\nexit 1\n")
    fake.chmod(0o755)
    with LoopbackSshd(tmp_path, path=str(tmp_path / "bin")) as board:
        says = f"setting up the server on {board.destination} failed: python3 -m venv does not work: apt-get install"
        fails("bench", "lenet5", "--ssh", board.destination, code=1, says=says, TILEWRIGHT_SSH=board.ssh())
        assert not list(board.home.rglob("wheels-*/ready"))
        assert gone(board)
