"""Boards in a box that many tests share; they fail, and say what to install, where there is no emulator."""

import pytest
from tilewright.compile.boards.box.box import Box
from tilewright.compile.boards.connection import Connection


def _running(cpu):
    with Box(cpu) as box:
        yield box


@pytest.fixture(scope="session")
def pi4():
    """A Raspberry Pi 4 in a box.  Nobody may stop it."""
    yield from _running("cortex-a72")


@pytest.fixture(scope="session")
def pi5():
    """A Raspberry Pi 5 in a box.  Nobody may stop it."""
    yield from _running("cortex-a76")


@pytest.fixture
def boxes(request):
    """By name of the CPU, for parametrized tests."""
    return lambda cpu: request.getfixturevalue({"cortex-a72": "pi4", "cortex-a76": "pi5"}[cpu])


@pytest.fixture
def session(pi4):
    with Connection(pi4.address) as connection:
        yield connection
