"""A sparse weight in blocks: nothing is lost, and nothing is stored that is not there."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tilewright.schedules.sparse_blocks import BLOCK, share_of_blocks, sparse_blocks

_WEIGHTS = arrays.arrays(
    "float32",
    st.tuples(st.integers(1, 40), st.integers(1, 12)),
    elements=st.sampled_from([0, 0, 0, 1, -2]),
)


@given(weight=_WEIGHTS, multiple=st.integers(1, 4))
def test_blocks_are_the_weight(weight, multiple):
    blocks = sparse_blocks(weight, multiple)
    again = np.zeros((len(weight) + BLOCK, weight.shape[1]), "float32")
    for tile, (start, end) in enumerate(zip(blocks.starts, blocks.starts[1:], strict=False)):
        assert (end - start) % multiple == 0
        for values, place in zip(blocks.values[start:end], blocks.places[start:end], strict=True):
            again[tile * BLOCK : (tile + 1) * BLOCK, place] += values
    assert np.array_equal(again[: len(weight)], weight) and not again[len(weight) :].any()
    assert (len(blocks.starts) - 1) * BLOCK >= len(weight) and blocks.starts[-1] == len(blocks.places)


@given(weight=_WEIGHTS)
def test_the_share_is_that_of_the_blocks(weight):
    tiles = -(-len(weight) // BLOCK)
    assert round(share_of_blocks(weight) * tiles * weight.shape[1]) == len(sparse_blocks(weight).places)
