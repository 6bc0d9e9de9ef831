"""A board: Python with NumPy, TVM's wheel without what its metadata asks for, and the project's base dependencies."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tilewright.compile.bundle import load_bundle
from tilewright.compile.tensor_spec import random_inputs

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NOT_ON_A_BOARD = ("torch", "onnx", "onnxruntime", "llvm", "scipy", "tornado", "xgboost", "platformdirs")
LOAD_AND_RUN = """
import sys
import numpy as np
from tilewright.compile import load_bundle
with np.load(sys.argv[2]) as file:
    outputs = load_bundle(sys.argv[1]).run(dict(file))
np.savez(sys.argv[3], **outputs)
print(open("/proc/self/maps").read())
"""


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """The python of a fresh virtual environment with only what a board installs."""
    folder = tmp_path_factory.mktemp("board")
    for name in ("compile", "schedules", "models", "tuning_logs"):
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder / "source")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [folder / "venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    for arguments in (["numpy"], ["--no-deps", "xtc-tvm-python-bindings==0.19.0.12"], [folder / "source"]):
        done = subprocess.run([*pip, *arguments], capture_output=True, text=True)
        if "Could not find a version" in done.stderr or "connection" in done.stderr.lower():
            pytest.skip(f"PyPI cannot be reached: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
    return folder / "venv/bin"


def run(*command):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TVM_", "PYTHON"))}
    return subprocess.run([*map(str, command)], capture_output=True, text=True, env=inherited, cwd="/")


def test_nothing_else_is_installed(board):
    for name in NOT_ON_A_BOARD:
        assert "ModuleNotFoundError" in run(board / "python", "-c", f"import {name}").stderr, name


def test_load_bundle(board, lenet5, tmp_path):
    inputs = random_inputs(lenet5.manifest.inputs)
    np.savez(tmp_path / "x.npz", **inputs)
    done = run(board / "python", "-c", LOAD_AND_RUN, lenet5.path, tmp_path / "x.npz", tmp_path / "y.npz")
    assert done.returncode == 0, done.stderr
    assert "libtvm_runtime" in done.stdout and "libLLVM" not in done.stdout
    with np.load(tmp_path / "y.npz") as file:
        assert np.array_equal(file["output"], load_bundle(lenet5.path).run(inputs)["output"])


def test_tilewright_run(board, lenet5, digits, tmp_path):
    from PIL import Image

    for index, image in enumerate(digits[0][:3]):
        Image.fromarray(image[..., 0]).save(tmp_path / f"{index}.png")
    done = run(board / "tilewright", "run", lenet5.path, "--input", tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.splitlines() == [f"{tmp_path}/{i}.png: {label}" for i, label in enumerate(digits[1][:3])]


def test_what_needs_more_says_what_to_install(board, tmp_path):
    for verb in (("compile", "lenet5", "-o", tmp_path / "b"), ("bench", "lenet5")):
        done = run(board / "tilewright", *verb)
        assert done.returncode in (1, 2) and "Traceback" not in done.stderr
        last = done.stderr.splitlines()[-1]
        assert last.startswith("tilewright: ") and "pip install" in last, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_zoo_is_listed(board):
    done = run(board / "tilewright", "models")
    assert done.returncode == 0 and done.stderr == ""
    assert "resnet18-cifar-half" in done.stdout and "11,689,512" in done.stdout


def test_doctor_tells_a_board_from_a_workstation(board):
    done = run(board / "tilewright", "doctor", "--quick")
    assert "Traceback" not in done.stderr and "0.19.0, runtime only" in done.stdout.replace("\n", " "), done
