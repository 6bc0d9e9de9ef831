"""A Bundle for rpi3-32 in a 32-bit Debian under qemu: how to make one is in docs/ARMV7.md.

TILEWRIGHT_ARMHF_ROOT names its folder, TILEWRIGHT_ARMV7_RUNTIME one that `build_runtime` has written to: without it the
runtime is built here, which takes some minutes.
"""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tilewright.compile.accuracy import compare
from tilewright.compile.boards.armv7.build_runtime import build_runtime
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.pipeline import compile_model
from tilewright.compile.tensor_spec import random_inputs

pytestmark = pytest.mark.slow

PACKAGE = Path(__file__).parents[4]
LOAD_AND_RUN = """
import platform, struct, sys
import numpy as np
from tilewright.compile.bundle import load_bundle
assert struct.calcsize("P") == 4 and platform.machine() == "armv7l"
with np.load(sys.argv[2]) as file:
    outputs = load_bundle(sys.argv[1], 1).run(dict(file))
np.savez(sys.argv[3], **outputs)
"""
ERROR = """
from tilewright.compile.tvm_stack import runtime
try:
    runtime().get_global_func("ndarray.no_such", allow_missing=False)
except ValueError as error:
    print(error)
try:
    runtime().runtime.load_module("absent.so")
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """A function that runs a script on the board; it returns what the script prints."""
    root, emulator = os.environ.get("TILEWRIGHT_ARMHF_ROOT"), shutil.which("qemu-arm")
    if not root or emulator is None:
        pytest.skip("needs qemu-arm and TILEWRIGHT_ARMHF_ROOT: docs/ARMV7.md")
    folder = tmp_path_factory.mktemp("board")
    runtime = build_runtime(Path(os.environ.get("TILEWRIGHT_ARMV7_RUNTIME") or folder / "runtime")).parents[1]
    package = folder / "package" / "tilewright"
    package.mkdir(parents=True)
    (package / "compile").symlink_to(PACKAGE / "compile")
    python = Path(root).absolute() / "usr/bin/python3.11"
    environment = {"PATH": "/usr/bin", "PYTHONPATH": f"{package.parent}:{runtime}", "TVM_USE_RUNTIME_LIB": "1"}

    def run(script, *arguments):
        command = [emulator, "-cpu", "max", "-0", python, "-L", root, python, "-c", script, *arguments]
        done = subprocess.run([*map(str, command)], env=environment, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("precision", ["fp32", "int8", "fp16"])
def test_lenet5_agrees_with_onnx_runtime(board, tmp_path, precision):
    compiled = compile_model("lenet5", tmp_path / "b", target="rpi3-32", precision=precision, weights="random")
    inputs = random_inputs(compiled.manifest.inputs)
    np.savez(tmp_path / "x.npz", **inputs)
    board(LOAD_AND_RUN, tmp_path / "b", tmp_path / "x.npz", tmp_path / "y.npz")
    [(name, expected)] = OnnxReference(compiled.imported.onnx).run(inputs).items()
    with np.load(tmp_path / "y.npz") as file:
        found = compare(name, "random", file[name], expected)
    assert found.snr_db >= (30 if precision == "int8" else 60)


def test_errors_of_the_runtime_are_errors_and_no_crash(board):
    """C++ exceptions cross the whole library: they need an unwinder that fits."""
    printed = board(ERROR)
    assert "Cannot find global function ndarray.no_such" in printed and "absent.so" in printed
