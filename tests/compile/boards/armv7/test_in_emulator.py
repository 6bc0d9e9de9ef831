"""A Bundle for rpi3-32 in a 32-bit Debian under qemu, as docs/ARMV7.md has it.

TILEWRIGHT_ARMV7_RUNTIME names a folder that `build_runtime` has written to: without it the runtime is built here, which
takes some minutes.
"""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tilewright.compile.accuracy import compare
from tilewright.compile.boards.armv7.build_runtime import build_runtime
from tilewright.compile.boards.box.userland import unpack_userland
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.pipeline import compile_model
from tilewright.compile.tensor_spec import random_inputs

pytestmark = pytest.mark.all

PACKAGE = Path(__file__).parents[4]
# A Raspberry Pi 3 under the 32-bit Raspberry Pi OS.
CPUINFO = """processor\t: 0
model name\t: ARMv7 Processor rev 4 (v7l)
Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm crc32
CPU implementer\t: 0x41
CPU architecture: 7
CPU variant\t: 0x0
CPU part\t: 0xd03
CPU revision\t: 4

"""
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
    emulator = shutil.which("qemu-arm")
    assert emulator, "qemu-arm is missing: sudo apt-get install -y qemu-user"
    folder = tmp_path_factory.mktemp("board")
    root = folder / "root"
    unpack_userland(root, ("python3-numpy", "libstdc++6", "libgcc-s1"), "armhf")
    libraries = root / "usr/lib/arm-linux-gnueabihf"
    for name in ("blas/libblas.so.3", "lapack/liblapack.so.3"):  # as dpkg's scripts would
        (libraries / Path(name).name).symlink_to(name)
    (root / "proc").mkdir()
    (root / "proc/cpuinfo").write_text(CPUINFO)
    runtime = build_runtime(Path(os.environ.get("TILEWRIGHT_ARMV7_RUNTIME") or folder / "runtime")).parents[1]
    package = folder / "package" / "tilewright"
    package.mkdir(parents=True)
    (package / "compile").symlink_to(PACKAGE / "compile")
    python = root / "usr/bin/python3"
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
