"""Weights in fewer bits: what is packed comes back, in Relay to the bit, and rounding is as good as it can be."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tilewright.compile.storing import FLOAT8, FORMS, INTEGERS, HalfWeight, StoredWeight
from tilewright.compile.storing.half import half_of
from tilewright.compile.storing.levels import levels_of
from tilewright.compile.storing.scales import choose_scales, pack_scales, spread
from tilewright.compile.tvm_stack import BUILD_CONFIG, compiler


def matrix(rows, inputs, seed=0):
    """Filters whose sizes differ by a million million, and one of zeros."""
    generator = np.random.default_rng(seed)
    values = generator.standard_normal((rows, inputs)) * 10.0 ** generator.integers(-9, 3, (rows, 1))
    values[0] = 0
    return values.astype(np.float32)


def unpacked(stored):
    """What Relay makes of `stored`."""
    tvm = compiler()
    from tvm import relay
    from tvm.contrib import graph_executor

    variable = relay.var("weight", shape=stored.array.shape, dtype=str(stored.array.dtype))
    module = tvm.IRModule.from_expr(relay.Function([variable], stored.relay(variable)))
    with tvm.transform.PassContext(opt_level=3, config=BUILD_CONFIG):
        library = relay.build(module, "llvm -mcpu=nehalem")  # a CPU without half precision and wide shifts
    executor = graph_executor.GraphModule(library["default"](tvm.cpu()))
    executor.run(weight=stored.array)
    return executor.get_output(0).numpy()


def same_bits(one, other):
    assert one.dtype == other.dtype == np.float32
    np.testing.assert_array_equal(one.view(np.uint32), np.ascontiguousarray(other).view(np.uint32))


@pytest.mark.parametrize("form", INTEGERS, ids=lambda form: form.name)
@given(rows=st.integers(1, 4), inputs=st.integers(1, 21), seed=st.integers(0, 2**20))
def test_integers_come_back_and_take_their_bits(form, rows, inputs, seed):
    levels = np.random.default_rng(seed).integers(form.lowest, -form.lowest, (rows, inputs))
    packed = form.pack(levels.astype(np.float32))
    assert packed.shape == (rows, -(-inputs * form.bits // 8)) and packed.dtype == np.uint8
    np.testing.assert_array_equal(form.unpack(packed, inputs), levels)
    assert form.holds(levels) and not form.holds(np.append(levels, -form.lowest))


def test_every_float8_comes_back():
    every = np.array([[byte for byte in range(256) if byte & 0x7F != 0x7F]], np.uint8)
    levels = FLOAT8.unpack(every, every.size)
    np.testing.assert_array_equal(FLOAT8.pack(levels), every)
    np.testing.assert_array_equal(FLOAT8.nearest(levels * 1.01), FLOAT8.nearest(FLOAT8.nearest(levels * 1.01)))
    one = StoredWeight(FLOAT8, levels, np.ones((1, 1), np.float32), every.size, (every.size,), (0,))
    same_bits(unpacked(one), one.values())


def test_every_half_comes_back():
    every = np.arange(65536, dtype=np.uint16).view(np.float16)
    stored = HalfWeight(every[np.isfinite(every)].reshape(64, -1))
    same_bits(unpacked(stored), stored.values())
    back = half_of(stored.values())
    assert back is not None and np.array_equal(back.array.view(np.uint16), stored.array.view(np.uint16))
    assert half_of(np.array([1e5], np.float32)) is None and half_of(np.array([0.1], np.float32)) is None


@pytest.mark.parametrize(("lowest", "form"), [(-2, "int2"), (-3, "int4"), (-8, "int4")])
def test_levels_come_back_as_integers(lowest, form):
    levels = np.random.default_rng(0).integers(lowest, -lowest, (5, 7, 3, 3)).astype(np.int8)
    levels[0, 0, 0, 0] = lowest
    stored = levels_of(levels)
    assert stored is not None and stored.form == form and stored.array.nbytes == 5 * -(-63 // (8 // int(form[3:])))
    back = unpacked(stored)
    assert back.dtype == np.int8
    np.testing.assert_array_equal(back, levels)


def test_levels_of_8_bits_stay():
    levels = np.zeros((16, 16), np.int8)
    levels[3, 3] = 8
    assert levels_of(levels) is None  # int4 ends at 7
    assert levels_of(levels[:1] * 0) is None and levels_of(levels.astype(np.float32)) is None


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    ("shape", "order", "group"),
    [((6, 5, 3, 3), (0, 1, 2, 3), 16), ((7, 4, 3), (1, 0, 2), 100), ((33, 9), (1, 0), 8)],
    ids=["blocks", "filters second", "transposed blocks"],
)
def test_relay_unpacks_to_the_bit(form, shape, order, group):
    rows = shape[order[0]]
    inputs = int(np.prod(shape)) // rows
    for whole_scales in (False, True):
        levels, scales = choose_scales(matrix(rows, inputs), form, group)
        scales = scales * np.float32(1.001) if whole_scales else scales
        stored = StoredWeight(form, levels, scales, group, shape, order)
        same_bits(unpacked(stored), stored.values())
        assert stored.array.shape[1] - form.pack(levels).shape[1] == scales.shape[1] * (4 if whole_scales else 2)


@given(rows=st.integers(1, 5), inputs=st.integers(1, 70), group=st.integers(1, 80), seed=st.integers(0, 2**20))
def test_int8_is_within_half_a_step(rows, inputs, group, seed):
    values = matrix(rows, inputs, seed)
    levels, scales = choose_scales(values, FORMS["int8"], group)
    wide = spread(scales, group, inputs)
    assert (np.abs(levels * wide - values) <= 0.5001 * wide).all()
    starts = np.arange(0, inputs, group)
    largest = np.maximum.reduceat(np.abs(values), starts, axis=1)
    assert (scales <= largest / 127 * 1.008 + 1e-37).all()  # rounded up to 8 bits, no further
    assert pack_scales(scales).shape[1] == 2 * len(starts)


@pytest.mark.parametrize(("form", "least"), [("int2", 1.3), ("int4", 1.2)])
def test_few_bits_gain_by_clipping(form, least):
    """Banner et al. (2019), "Post-training 4-bit quantization": the range of least error is not the whole one."""
    values = np.random.default_rng(0).standard_normal((64, 128)).astype(np.float32)
    levels, scales = choose_scales(values, FORMS[form], 128)
    chosen = np.square(levels * scales - values).sum()
    whole = np.abs(values).max(axis=1, keepdims=True) / FORMS[form].largest
    plain = np.square(FORMS[form].nearest(values / whole) * whole - values).sum()
    assert plain / chosen > least


def test_float8_rounds_as_ml_dtypes_does():
    values = np.random.default_rng(0).standard_normal(1000).astype(np.float32) * 100
    np.testing.assert_array_equal(FLOAT8.nearest(values), values.astype(ml_dtypes.float8_e4m3fn).astype(np.float32))
    assert FLOAT8.nearest(np.array([1e9, -1e9])).tolist() == [448, -448]
