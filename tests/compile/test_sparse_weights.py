"""Weights that pruning has set to zero take no room in a Bundle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tilewright.compile.bundle import sparse
from tilewright.compile.bundle.weights import StoredWeights
from tilewright.compile.bundle.write import PARAMS, write_params
from tilewright.compile.pipeline import compile_model
from tilewright.compile.tvm_stack import runtime
from tilewright.models.compress.prune.recipe import PruneRecipe
from tilewright.models.compress.prune.run import prune_model


def written_and_read(folder, params):
    write_params(params, folder)
    with StoredWeights(folder) as stored:
        assert stored.names == tuple(params)
        tensors = {name: stored.read(name, runtime().nd.empty) for name in stored.names}
        return {name: tensor.numpy() for name, tensor in tensors.items()}


def mostly_zero(shape, share, dtype="float32"):
    generator = np.random.default_rng(0)
    array = generator.integers(1, 100, shape).astype(dtype)
    array[generator.random(shape) < share] = 0
    return array


@settings(deadline=None, max_examples=60)
@given(
    array=arrays.arrays(
        st.sampled_from(["float32", "float16", "int8", "uint8", "int64"]),
        arrays.array_shapes(max_dims=4, max_side=9),
        elements=st.sampled_from([0, 0, 0, 1, 3]),
    ),
    tiles=st.integers(1, 40),
)
def test_any_array_is_read_as_it_was_written(tmp_path_factory, array, tiles):
    params = {"a/b": np.concatenate([array] * tiles), "dense": np.ones((3, 2), "float32")}
    read = written_and_read(tmp_path_factory.mktemp("params"), params)
    for name, expected in params.items():
        assert read[name].dtype == expected.dtype and np.array_equal(read[name], expected)


def test_it_takes_the_room_that_it_says(tmp_path):
    array = mostly_zero((1100, 1000), 0.8)  # more than a piece
    assert np.array_equal(written_and_read(tmp_path, {"w": array})["w"], array)
    zeros = float((array == 0).mean())
    assert (tmp_path / PARAMS).stat().st_size == pytest.approx((1 - zeros + 1 / 32) * array.nbytes, rel=0.001)


@pytest.mark.parametrize(
    ("share", "dtype", "packed"),
    [(0.05, "float32", False), (0.2, "float32", True), (0.2, "int8", False), (0.3, "int8", True)],
)
def test_it_is_packed_where_that_saves_a_tenth(share, dtype, packed):
    assert (sparse.pack(mostly_zero((300, 300), share, dtype)) is not None) == packed


def test_a_pruned_network_is_smaller_and_agrees(tmp_path, lenet5):
    weights = tmp_path / "lenet5.safetensors"
    prune_model("lenet5", weights, PruneRecipe("weights", ratio=0.8))
    compiled = compile_model("lenet5", tmp_path / "bundle", weights=weights)
    assert compiled.manifest.parameter_bytes < 0.26 * lenet5.manifest.parameter_bytes
    assert all(one["snr_db"] >= 60 for one in compiled.manifest.agreement)
