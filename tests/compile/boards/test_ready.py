"""Waiting for a server of a board: where it listens, or why it does not."""

import subprocess

import pytest
from tilewright.compile.boards.ready import NotReady, address_when_ready


@pytest.fixture
def started(tmp_path):
    processes, log = [], tmp_path / "log.txt"

    def start(script):
        with log.open("wb") as file:
            processes.append(subprocess.Popen(["sh", "-c", script], stdout=file, stderr=file))
        return processes[-1], log

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("line", ["ready on 127.0.0.1:9091", "21:19:59 ready on 127.0.0.1:9091 as 'rpi4'"])
def test_a_server_that_listens(started, line):
    script = f'sleep 0.2; echo slow start >&2; echo "{line}"; sleep 9'
    assert str(address_when_ready(*started(script), 5)) == "127.0.0.1:9091"


def test_a_server_that_ends_has_the_last_word(started):
    with pytest.raises(NotReady, match=r"^Address already in use$"):
        address_when_ready(*started("echo starting; echo Address already in use >&2; exit 1"), 5)


def test_a_server_that_takes_too_long(started):
    with pytest.raises(NotReady, match=r"not within 1 s, is the machine busy\? Its last words: starting"):
        address_when_ready(*started("echo starting; sleep 9"), 1)
