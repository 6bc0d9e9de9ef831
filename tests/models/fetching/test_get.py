"""From a name to a whole folder, or to nothing, whatever the archive holds and whenever it is killed."""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import threading
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from tilewright.compile.errors import TilewrightError
from tilewright.models.data.fetching import Archive, Pick, RemoteFile, Source, get, get_source, names, sources
from tilewright.models.data.fetching.download import Patience
from tilewright.models.data.fetching.unpack import content_digest

QUICK = Patience(timeout=5.0, retries=3, pause=0.01)
INSIDE = {"top/data/a.txt": b"a" * 1000, "top/data/deep/b.txt": b"b", "top/data/c.png": b"c", "top/other.txt": b"o"}
PICKED = {"text/a.txt": INSIDE["top/data/a.txt"], "text/deep/b.txt": b"b"}
COMMAND = """
import hashlib, sys, time
from tilewright.models.data.fetching import RemoteFile, Source, sources
size, sha256, seconds = int(sys.argv.pop(1)), sys.argv.pop(1), float(sys.argv.pop(1))
def convert(folder):
    print("converting", flush=True)
    time.sleep(seconds)
file = RemoteFile("https://far.away/big.bin", "big.bin", sha256, size)
sources._BY_NAME["big"] = Source("big", "", "none", {"big.bin": 1}, 1, (file,), convert=convert)
from tilewright.compile.cli.data import data_app
data_app()
"""


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def zipped(members, modes=None):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (modes or {}).get(name, 0o100644) << 16
            file.writestr(entry, content)
    return buffer.getvalue()


def tarred(members, types=None):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.type = (types or {}).get(name, tarfile.REGTYPE)
            entry.linkname = "/etc/passwd" if name in (types or {}) else ""
            entry.size = len(content) if entry.isfile() else 0
            file.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def tiny(served, monkeypatch, tmp_path):
    """A source of one file and one archive, served; calling it gets it."""
    digest = content_digest({place: sha256(content) for place, content in PICKED.items()})
    archive = Archive(RemoteFile("https://far.away/a", "a.zip"), (Pick("data", "text", ".txt"),), 2000, digest)
    single = RemoteFile("https://far.away/w", "deep/weights", sha256(b"weights"), 7)
    contents = {"text/**/*.txt": 2, "deep/weights": 1}
    monkeypatch.setitem(sources._BY_NAME, "tiny", Source("tiny", "Tiny", "none", contents, 1000, (single,), (archive,)))
    served.files |= {"/a": zipped(INSIDE), "/w": b"weights"}

    def run(**more):
        return get.get_dataset("tiny", tmp_path / "data", patience=QUICK, **more)

    run.folder = tmp_path / "data" / "tiny"
    return run


def nothing_left(folder):
    """No folder of that name, and nothing half-made beside it but the downloads."""
    return [path.name for path in folder.parent.iterdir()] == [".downloads"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_files_and_archives(tiny, served, pack):
    served.files["/a"] = pack(INSIDE)
    steps = []
    assert tiny(progress=lambda what, done, total: steps.append(what)) == tiny.folder
    assert everything(tiny.folder) == PICKED | {"deep/weights": b"weights"}
    assert list(dict.fromkeys(steps)) == ["weights", "a.zip", "unpacking a.zip"]
    assert [path.name for path in (tiny.folder.parent / ".downloads").iterdir()] == ["tiny.lock"]


def test_already_here_and_force(tiny, served):
    tiny()
    (tiny.folder / "text" / "a.txt").write_text("changed")
    assert tiny() == tiny.folder and len(served.starts) == 2
    assert (tiny.folder / "text" / "a.txt").read_text() == "changed"
    tiny(force=True)
    assert everything(tiny.folder) == PICKED | {"deep/weights": b"weights"} and len(served.starts) == 4


def test_a_folder_of_other_content_is_not_touched(tiny, served):
    tiny.folder.mkdir(parents=True)
    tiny()  # an empty one is in nobody's way
    (tiny.folder / "text" / "a.txt").unlink()
    (tiny.folder / "mine").write_text("mine")
    with pytest.raises(TilewrightError, match=r"is there but has 1 of 2 text/\*\*/\*\.txt: --force replaces it"):
        tiny()
    assert (tiny.folder / "mine").read_text() == "mine" and len(served.starts) == 2
    tiny(force=True)
    assert not (tiny.folder / "mine").exists()


def test_other_content_in_the_archive(tiny, served):
    served.files["/a"] = zipped(INSIDE | {"top/data/a.txt": b"A"})
    with pytest.raises(
        TilewrightError, match=r"https://far\.away/a: .* checksum \w{64}, expected \w{64}; it was deleted"
    ):
        tiny()
    assert nothing_left(tiny.folder)
    served.files["/a"] = zipped(INSIDE)
    tiny()
    assert len(served.starts) == 3  # the single file was kept


BAD_ARCHIVES = {
    "zip with ..": (zipped({"top/data/../../../evil.txt": b""}), "leads out of the folder"),
    "zip from the root": (zipped({"/evil.txt": b""}), "leads out of the folder"),
    "zip with ..\\": (zipped({"..\\evil.txt": b""}), "leads out of the folder"),
    "zip link": (zipped({"top/data/link.txt": b"/etc/passwd"}, {"top/data/link.txt": 0o120777}), "is a link"),
    "zip link unwanted": (zipped({"top/unwanted": b"/etc/passwd"}, {"top/unwanted": 0o120777}), "is a link"),
    "zip twice": (zipped(INSIDE | {"other/data/a.txt": b""}), "is in it twice"),
    "zip bomb": (zipped({"top/data/bomb.txt": bytes(10_000_000)}), "more than 2,000 bytes"),
    "tar with ..": (tarred({"top/data/../../../evil.txt": b""}), "leads out of the folder"),
    "tar from the root": (tarred({"/evil.txt": b""}), "leads out of the folder"),
    "tar symlink": (tarred({"top/data/link.txt": b""}, {"top/data/link.txt": tarfile.SYMTYPE}), "is a link"),
    "tar hard link": (tarred({"top/data/link.txt": b""}, {"top/data/link.txt": tarfile.LNKTYPE}), "is a link"),
    "tar pipe": (tarred({"top/data/pipe.txt": b""}, {"top/data/pipe.txt": tarfile.FIFOTYPE}), "is a link or a device"),
    "tar bomb": (tarred({"top/data/bomb.txt": bytes(10_000_000)}), "more than 2,000 bytes"),
    "zip cut": (zipped(INSIDE)[:-100], "what came from there is not used"),
    "tar cut": (tarred(INSIDE)[:-100], "what came from there is not used"),
    "a page": (b"<html>blocked</html>", "what came from there is not used"),
    "nothing": (b"", "what came from there is not used"),
}


# Named, because a gzip holds the second it was made in: as a test's name that would differ between workers.
@pytest.mark.parametrize(("archive", "says"), BAD_ARCHIVES.values(), ids=BAD_ARCHIVES.keys())
def test_bad_archives(tiny, served, archive, says):
    served.files["/a"] = archive
    with pytest.raises(TilewrightError, match=says) as caught:
        tiny()
    assert "\n" not in str(caught.value) and nothing_left(tiny.folder)
    assert not list(tiny.folder.parent.parent.rglob("*evil*"))
    assert not (tiny.folder.parent / ".downloads" / "tiny" / "a.zip").exists()


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_damage_anywhere_is_one_sentence(tiny, served, pack):
    rng = np.random.default_rng(0)
    for _ in range(100):
        damaged = bytearray(pack(INSIDE))
        damaged[rng.integers(len(damaged))] ^= int(rng.integers(1, 256))
        served.files["/a"] = bytes(damaged)
        try:
            tiny(force=True)
        except TilewrightError as error:
            assert "https://far.away/a: " in str(error)
            assert not tiny.folder.exists()
        else:  # a date, say
            assert everything(tiny.folder) == PICKED | {"deep/weights": b"weights"}
            get.shutil.rmtree(tiny.folder)


def test_too_little_space(tiny, served, monkeypatch):
    monkeypatch.setattr(get.shutil, "disk_usage", lambda path: SimpleNamespace(free=999))
    with pytest.raises(TilewrightError, match=r"tiny needs 0 MB while it is made, .* has 0 MB: free some space"):
        tiny()
    assert served.starts == []


def test_a_data_folder_that_cannot_be_written(tiny):
    tiny.folder.parent.write_text("no folder")
    with pytest.raises(TilewrightError, match=r"cannot write .*: Not a directory; set TILEWRIGHT_DATA"):
        tiny()


def test_one_at_a_time(tiny, served):
    served.hold = threading.Event()
    first = threading.Thread(target=tiny)
    first.start()
    while not served.starts:
        pass
    with pytest.raises(TilewrightError, match="tiny is being downloaded by another process"):
        tiny()
    served.hold.set()
    first.join()
    assert everything(tiny.folder) == PICKED | {"deep/weights": b"weights"}


def test_what_a_killed_run_left_is_cleared_away(tiny, served):
    tiny()
    tiny.folder.rename(tiny.folder.with_name(".tiny.123.old"))  # killed between two renames of --force
    tiny.folder.with_name(".tiny.123.part").mkdir()
    assert tiny() == tiny.folder and len(served.starts) == 2
    assert sorted(path.name for path in tiny.folder.parent.iterdir()) == [".downloads", "tiny"]


def start(folder, content, seconds, *more):
    command = [sys.executable, "-c", COMMAND, str(len(content)), sha256(content), str(seconds), "get", "big", *more]
    environment = os.environ | {"TILEWRIGHT_DATA": str(folder)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, **pipes)


def test_kill_in_mid_download_then_resume(served, tmp_path):
    content = os.urandom(4_000_000)
    served.files["/big.bin"] = content
    served.hold = threading.Event()
    part = tmp_path / ".downloads" / "big" / "big.bin.part"
    with start(tmp_path, content, 0) as child:
        while child.poll() is None and not (part.exists() and part.stat().st_size >= 1_900_000):
            pass
        child.kill()
    assert not (tmp_path / "big").exists() and part.stat().st_size >= 1_900_000
    arrived = part.stat().st_size
    served.hold.set()
    with start(tmp_path, content, 0) as child:
        out, err = child.communicate(timeout=60)
    assert (child.returncode, served.starts) == (0, [0, arrived]), err
    assert out.splitlines() == ["converting", f"big: now at {tmp_path}/big (none)"] and "big.bin" in err.splitlines()
    assert everything(tmp_path / "big") == {"big.bin": content}
    with start(tmp_path, content, 0) as child:
        assert child.communicate(timeout=60)[0] == f"big: already at {tmp_path}/big\n"


def test_kill_while_the_folder_is_made(served, tmp_path):
    content = b"content"
    served.files["/big.bin"] = content
    for seconds, more in ((60, ()), (0, ()), (60, ("--force",)), (0, ("--force",))):
        with start(tmp_path, content, seconds, *more) as child:
            assert child.stdout.readline() == "converting\n"
            if seconds:
                child.kill()
            child.wait()
        assert (tmp_path / "big").exists() == (seconds == 0 or bool(more))
    assert everything(tmp_path / "big") == {"big.bin": content}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".downloads", "big"]
    assert len(served.starts) == 2  # what a killed run had downloaded was not asked for again


def test_help_imports_nothing_heavy():
    script = """
import sys
from tilewright.compile.cli.data import data_app
try:
    data_app()
finally:
    print("HEAVY", sorted({"torch", "tvm", "onnx", "numpy", "PIL"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", script, "get", "--help"], capture_output=True, text=True, check=True)
    assert "TILEWRIGHT_MIRROR" in done.stdout and done.stdout.endswith("HEAVY []\n")


def test_list_names_all(tmp_path):
    script = "from tilewright.compile.cli.data import data_app; data_app()"
    environment = os.environ | {"TILEWRIGHT_DATA": str(tmp_path), "COLUMNS": "240"}
    command = [sys.executable, "-c", script, "list"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(names())
    assert all(line.split()[-1] == "no" for line in lines[1:])
    assert all(get_source(line.split()[0]).licence in line for line in lines[1:])
