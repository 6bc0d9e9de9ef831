"""A download is whole and right or not there, whatever the server does."""

import hashlib
import random
import resource
import signal
import socket

import pytest
from tilewright.compile.errors import TilewrightError
from tilewright.models.data.fetching.download import Patience, download

QUICK = Patience(timeout=5.0, retries=3, pause=0.01)
URL = "https://far.away/folder/file.bin"
CONTENT = random.Random(0).randbytes(3_000_000)
SIZE = len(CONTENT)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "file.bin"


@pytest.fixture
def get(served, target):
    """Downloads the one file that is served; `fails` gives the one sentence instead."""
    served.files["/folder/file.bin"] = CONTENT

    def run(sha256=SHA256, size=SIZE, url=URL, **more):
        download(url, target, sha256, size, patience=QUICK, **more)

    def fails(**more):
        with pytest.raises(TilewrightError) as caught:
            run(**more)
        assert caught.value.exit_code == 2 and "\n" not in str(caught.value)
        assert not target.exists()
        return str(caught.value)

    run.fails = fails
    return run


def only(target, *names):
    return sorted(path.name for path in target.parent.iterdir()) == sorted(names)


@pytest.mark.parametrize("length", [True, False])
def test_a_whole_file_and_its_progress(served, get, target, length):
    served.length = length
    seen = []
    get(progress=lambda *state: seen.append(state))
    assert target.read_bytes() == CONTENT and only(target, "file.bin")
    assert seen[0] == ("file.bin", 0, len(CONTENT) if length else None)
    assert seen[-1] == ("file.bin", len(CONTENT), len(CONTENT) if length else None)


def test_a_part_is_gone_on_with(served, get, target):
    target.with_name("file.bin.part").write_bytes(CONTENT[:2_000_000])
    get()
    assert target.read_bytes() == CONTENT and only(target, "file.bin")
    assert (served.starts, served.sent) == ([2_000_000], 1_000_000)


def test_a_whole_part_asks_for_nothing(served, get, target):
    target.with_name("file.bin.part").write_bytes(CONTENT)
    get()
    assert target.read_bytes() == CONTENT and served.starts == []


@pytest.mark.parametrize("length", [True, False])
def test_a_cut_connection_goes_on_where_it_stopped(served, get, target, length):
    served.cut_after, served.length = 1_000_000, length
    get()
    assert target.read_bytes() == CONTENT
    assert (served.starts, served.sent) == ([0, 1_000_000, 2_000_000], len(CONTENT))


def test_cut_again_and_again_keeps_what_came(served, get, target):
    served.cut_after = 100_000
    assert "cut off 4 times" in (error := get.fails()) and "it goes on where it stopped" in error
    assert only(target, "file.bin.part") and served.starts == [0, 100_000, 200_000, 300_000]
    served.cut_after = None
    get()
    assert target.read_bytes() == CONTENT and served.sent == len(CONTENT)


@pytest.mark.parametrize("code", [429, 503])
def test_a_busy_server_is_asked_again(served, get, target, code):
    served.codes = [code, code]
    get()
    assert target.read_bytes() == CONTENT and len(served.starts) == 3


def test_a_server_without_ranges_starts_over(served, get, target):
    served.ranges = False
    target.with_name("file.bin.part").write_bytes(b"old" * 1000)
    get()
    assert target.read_bytes() == CONTENT and served.starts == [3000]


def test_a_part_longer_than_the_file_starts_over(served, get, target):
    target.with_name("file.bin.part").write_bytes(CONTENT + b"more")
    get()
    assert target.read_bytes() == CONTENT and served.starts == [len(CONTENT) + 4, 0]


def test_a_wrong_byte_leaves_nothing(served, get, target):
    wrong = bytearray(CONTENT)
    wrong[1234] ^= 1
    served.files["/folder/file.bin"] = bytes(wrong)
    error = get.fails()
    assert hashlib.sha256(wrong).hexdigest() in error and f"expected {SHA256}" in error and "try again" in error
    assert only(target)


def test_a_wrong_length_leaves_nothing(get, target):
    assert "it has 3,000,000 bytes, expected 2,999,999" in get.fails(size=len(CONTENT) - 1)
    assert only(target)


def test_a_missing_file_is_not_asked_for_twice(served, get, target):
    assert "the server says 404" in get.fails(url="https://far.away/absent")
    assert served.starts == [0] and only(target)


def test_nobody_answers(get, target, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("TILEWRIGHT_MIRROR", f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert "cannot be reached (Connection refused); check the network" in get.fails()


def test_a_server_that_says_nothing(target, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("TILEWRIGHT_MIRROR", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(TilewrightError, match="cut off 2 times, at last by: timed out"):
            download(URL, target, patience=Patience(timeout=0.1, retries=1, pause=0.01))


@pytest.mark.parametrize("url", ["http://far.away/file.bin", "ftp://far.away/file.bin", "file:///etc/passwd"])
def test_only_https(get, monkeypatch, url):
    monkeypatch.delenv("TILEWRIGHT_MIRROR")
    assert "only https is used" in get.fails(url=url)
    monkeypatch.setenv("TILEWRIGHT_MIRROR", "http://far.away/")
    assert "http://far.away/folder/file.bin: only https is used" in get.fails()


def test_a_redirect_away_from_https(served, get, target):
    served.codes, served.location = [302], "http://far.away/file.bin"
    assert "http://far.away/file.bin: only https is used" in get.fails()
    served.codes, served.location = [302], f"{served.address}folder/file.bin"
    get()
    assert target.read_bytes() == CONTENT


def test_a_full_disk_keeps_what_came(get, target):
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))  # write() fails with EFBIG, as with ENOSPC
    try:
        error = get.fails()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert f"cannot write {target}.part: " in error and "free some space" in error
    get()
    assert target.read_bytes() == CONTENT
