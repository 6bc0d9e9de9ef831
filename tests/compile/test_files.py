"""What is written is either whole or not there, whatever happens in between."""

import os
import signal
import subprocess
import sys
from contextlib import nullcontext

import pytest
from tilewright.compile.errors import TilewrightError
from tilewright.compile.files import replacing, require_place

WRITE_UNDER_A_LIMIT = """
import resource, signal, sys
sys.dont_write_bytecode = True  # a .pyc would be cut off, and spoilt for the next who imports it
from pathlib import Path
from tilewright.compile.errors import TilewrightError
from tilewright.compile.files import replacing
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that write() fails with EFBIG, as it would with ENOSPC
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    with replacing(Path(sys.argv[1]), folder=sys.argv[2] == "folder") as beside:
        if sys.argv[2] == "folder":
            beside.mkdir()
            beside = beside / "inside"
        beside.write_bytes(bytes(100_000))
except TilewrightError as error:
    print(error)
"""
WRITE_AND_WAIT = """
import sys, time
from pathlib import Path
from tilewright.compile.files import replacing
with replacing(Path(sys.argv[1]), folder=sys.argv[2] == "folder") as beside:
    if sys.argv[2] == "folder":
        beside.mkdir()
        beside = beside / "inside"
    beside.write_text("half of the new")
    print("written", flush=True)
    time.sleep(60)
"""


def make_old(path, kind):
    if kind == "file":
        path.write_text("old")
    else:
        path.mkdir()
        (path / "inside").write_text("old")


def content(path):
    return (path / "inside" if path.is_dir() else path).read_text()


def write(beside, kind, text="new"):
    if kind == "folder":
        beside.mkdir()
        beside = beside / "inside"
    beside.write_text(text)


def only(tmp_path, *names):
    return sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


both = pytest.mark.parametrize("kind", ["file", "folder"])


@both
def test_new_takes_the_place_of_old(tmp_path, kind):
    place = tmp_path / "deeper" / "place"
    for text in ("first", "second"):
        with replacing(place, folder=kind == "folder") as beside:
            write(beside, kind, text)
            assert not place.exists() or content(place) == "first"
        assert content(place) == text
    assert only(place.parent, "place")


@both
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, TilewrightError])
def test_an_error_inside_leaves_the_old(tmp_path, kind, error):
    place = tmp_path / "place"
    make_old(place, kind)
    with pytest.raises(error), replacing(place, folder=kind == "folder") as beside:
        write(beside, kind, "half")
        raise error("in the middle")
    assert content(place) == "old"
    assert only(tmp_path, "place")


@both
def test_a_full_disk_leaves_the_old_and_says_so(tmp_path, kind):
    place = tmp_path / "place"
    make_old(place, kind)
    command = [sys.executable, "-c", WRITE_UNDER_A_LIMIT, str(place), kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"cannot write {place}: ") and done.stdout.count("\n") == 1
    assert "free some space or choose another place" in done.stdout
    assert content(place) == "old"
    assert only(tmp_path, "place")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux's /dev/full")  # noqa: PTH110
def test_the_kernels_own_full_disk(tmp_path):
    refused = pytest.raises(TilewrightError, match="No space left on device")
    with refused, replacing(tmp_path / "place"), open("/dev/full", "w") as full:  # noqa: PTH123
        full.write("x")
        full.flush()
    assert only(tmp_path)


@both
def test_a_place_that_cannot_be_written(tmp_path, kind):
    (tmp_path / "file").write_text("no folder")
    places = [tmp_path / "file" / "place", *([] if sys.platform != "linux" else [type(tmp_path)("/proc/none/place")])]
    for place in places:
        with (
            pytest.raises(TilewrightError, match=f"cannot write {place}") as caught,
            replacing(place, folder=kind == "folder") as beside,
        ):
            write(beside, kind)
        assert caught.value.exit_code == 2
    assert only(tmp_path, "file")


def test_a_folder_is_not_taken_for_an_older_file(tmp_path):
    """What is in it would be gone."""
    make_old(tmp_path / "place", "folder")
    for attempt in (replacing(tmp_path / "place"), nullcontext(require_place)):
        with pytest.raises(TilewrightError, match=r"cannot write .*/place: a folder is there"), attempt as used:
            used(tmp_path / "place")
    assert content(tmp_path / "place") == "old"
    assert only(tmp_path, "place")


@both
def test_a_kill_in_the_middle_leaves_the_old_whole(tmp_path, kind):
    place = tmp_path / "place"
    make_old(place, kind)
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(place), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "written\n"
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert child.returncode == -signal.SIGKILL
    assert content(place) == "old"
    with replacing(place, folder=kind == "folder") as beside:  # what the dead one left is in nobody's way
        write(beside, kind)
    assert content(place) == "new"


def test_two_writers_at_once_leave_one_whole(tmp_path):
    place = tmp_path / "place"
    script = WRITE_AND_WAIT.replace("time.sleep(60)", "sys.stdin.readline()")
    command = [sys.executable, "-c", script, str(place), "folder"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as first, subprocess.Popen(command, **pipes) as second:
        for child in (first, second):
            assert child.stdout.readline() == "written\n"
        for child in (first, second):
            child.communicate("go on\n")
            assert child.returncode == 0
    assert content(place) == "half of the new"
    assert only(tmp_path, "place")
