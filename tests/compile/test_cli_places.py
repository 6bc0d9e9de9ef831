"""Places that cannot be written and disks that are full end in one line, and leave what was there before."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
del sys.argv[1]
from tilewright.compile.cli import main
main()
"""


def test_places_that_cannot_be_written(cli, fails, lenet5, tmp_path):
    file = tmp_path / "file"
    file.write_text("old")
    model = tmp_path / "m.onnx"
    model.write_bytes(lenet5.imported.onnx)
    np.save(tmp_path / "x.npy", np.zeros((1, 1, 28, 28), np.float32))
    fails("compile", model, "-o", file / "b", says=f"cannot write {file}/b")
    fails("compile", model, "-o", file, says=["file: exists and is no Bundle", "-o"])
    fails("export", "lenet5", "-o", file / "m.onnx", says=f"cannot write {file}/m.onnx")
    done = cli("run", lenet5.path, "-i", tmp_path / "x.npy", "-o", file / "y.npz")
    assert done.code == 2 and f"cannot write {file}/y.npz" in done.error
    assert file.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "m.onnx", "x.npy"]


@pytest.mark.parametrize("verb", [("bench", "lenet5"), ("eval", "lenet5"), ("doctor",), ("models",)])
def test_json_in_an_unwritable_place_fails_before_the_work(fails, tmp_path, verb):
    (tmp_path / "file").write_text("")
    done = fails(*verb, "--json", tmp_path / "file" / "rows.json", says="cannot write")
    assert len(done.stderr.splitlines()) == 1, "no stage was begun"


def test_a_failed_bench_leaves_the_older_rows(fails, tmp_path):
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps(["old"]))
    fails("bench", "absent.onnx", "--json", rows, says="no such file")
    assert json.loads(rows.read_text()) == ["old"]
    assert list(tmp_path.iterdir()) == [rows]


@pytest.mark.parametrize(
    "limit", [pytest.param(1000, marks=pytest.mark.slow), pytest.param(100_000, marks=pytest.mark.slow)]
)
def test_a_full_disk(lenet5, tmp_path, limit):
    """Less space than the Bundle needs, at its first file and at a later one: RLIMIT_FSIZE makes writes fail."""
    model = tmp_path / "m.onnx"
    model.write_bytes(lenet5.imported.onnx)
    output = tmp_path / "here" / "b"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-c", FULL_DISK, str(limit), "compile", str(model), "-o", str(output)]
    # Python does not see that a .pyc was cut off, and whoever imports it next would fail: the standard library's, too.
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 2, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("tilewright: ") and "Traceback" not in done.stderr, done.stderr
    assert f"cannot write {output}: " in last and "free some space" in last
    assert list(output.parent.iterdir()) == []
    assert [path.name for path in temporary.iterdir() if path.name != ".ses"] == []  # ONNX Runtime's
