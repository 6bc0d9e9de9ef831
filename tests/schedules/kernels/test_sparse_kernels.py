"""Kernels for sparse weights beside the dense sums in float64, over shapes that divide nothing and empty rows."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules.layers import SparseConv2d, SparseDense
from tilewright.schedules.sparse_blocks import sparse_blocks

compiler()  # sets TVM up before the kernels import it

from tilewright.schedules.kernels import candidates  # noqa: E402
from tilewright.schedules.kernels.sparse_dense import STRANDS  # noqa: E402

_SETTINGS = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
_SHARES = st.sampled_from([0.02, 0.3, 0.9])


def _weights(outputs, inputs, share, values):
    """Some of them there, whole blocks or single ones, and one tile at least with none."""
    weight = values.standard_normal((outputs, inputs)).astype("float32")
    weight[values.random(weight.shape) >= share] = 0
    weight[:8] = 0
    weight[-1, -1] = 1  # one at least
    return weight


def _agree(result, expected):
    noise = np.square(result.astype("float64") - expected).sum()
    return np.square(expected).sum() >= noise * 10**11


@_SETTINGS
@given(rows=st.integers(1, 9), inputs=st.integers(1, 70), outputs=st.integers(1, 45), share=_SHARES)
def test_dense(fused, here, rows, inputs, outputs, share):
    values = np.random.default_rng(inputs)
    weight = _weights(outputs, inputs, share, values)
    blocks = sparse_blocks(weight, STRANDS)
    layer = SparseDense(rows, inputs, outputs, len(blocks.places))
    data, residual = (values.standard_normal(shape).astype("float32") for shape in (layer.in_shape, layer.out_shape))
    (chosen,) = candidates(layer, here[0])
    result = fused(layer, chosen, data, list(vars(blocks).values()), residual)
    assert _agree(result, np.maximum(data.astype("float64") @ weight.T + residual, 0))


@_SETTINGS
@given(
    batch=st.integers(1, 2),
    size=st.tuples(st.integers(1, 15), st.integers(1, 15)),
    channels=st.sampled_from([(4, 4), (16, 16), (24, 8), (64, 16)]),
    filters=st.sampled_from([(8, 8), (24, 8), (48, 16)]),
    share=_SHARES,
)
def test_conv2d(fused, here, batch, size, channels, filters, share):
    values = np.random.default_rng(size[0])
    weight = _weights(filters[0], channels[0], share, values)
    blocks = sparse_blocks(weight)
    layer = SparseConv2d(batch, channels[0], *size, filters[0], len(blocks.places), channels[1], filters[1])
    data, residual = (values.standard_normal(shape).astype("float32") for shape in (layer.in_shape, layer.out_shape))
    (chosen,) = candidates(layer, here[0])
    result = fused(layer, chosen, data, list(vars(blocks).values()), residual)
    plain = data.astype("float64").transpose(0, 1, 4, 2, 3).reshape(batch, channels[0], *size)
    sums = np.einsum("kc,nchw->nkhw", weight, plain).reshape(batch, -1, filters[1], *size).transpose(0, 1, 3, 4, 2)
    assert _agree(result, np.maximum(sums + residual, 0))


@pytest.mark.parametrize(("filters", "out_block"), [(10, 10), (12, 4)])
def test_filters_that_are_no_blocks_are_left_to_the_dense_kernel(here, filters, out_block):
    assert not list(candidates(SparseConv2d(1, 16, 7, 7, filters, 9, 16, out_block), here[0]))
