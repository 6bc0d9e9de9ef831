"""Every kernel against torch in float64, over shapes that divide nothing, and over all of its configs."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d, Dense, ExpandedDepthwise, Pool2d, TransposedConv2d, from_key, to_key

compiler()  # sets TVM up before the kernels import it

from tilewright.schedules.kernels import KERNELS, Candidate, candidates  # noqa: E402
from tilewright.schedules.kernels.winograd_tiling import Tiling  # noqa: E402
from tilewright.schedules.relay.values import block_of  # noqa: E402

_SETTINGS = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
# Rounding in float32: 2^-24 is 144 dB, sums of some thousand products lose some of it, and Winograd's transforms more.
_DIRECT, _WINOGRAD = 115, {4: 110, 5: 100, 6: 95, 7: 90, 8: 85}  # by the inputs of a tile


def _conv(channels, filters, size, kernel, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), groups=1, batch=1):
    in_block = block_of(channels, 16) if channels > 3 else 1
    return Conv2d(
        batch, channels, *size, filters, kernel, strides, pads, dilations, groups, in_block, block_of(filters, 16)
    )


@st.composite
def convolutions(draw):
    """Any convolution: odd sizes, uneven pads, strides, dilations, groups, channels that divide nothing."""
    small = st.integers(1, 3)
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    channels = groups * draw(st.sampled_from([1, 3, 4, 8, 12, 16, 20]))
    filters = groups * draw(st.sampled_from([1, 4, 6, 16, 24, 40]))
    kernel = (draw(st.integers(1, 7)), draw(st.integers(1, 7)))
    strides, dilations = (draw(small), draw(small)), (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    pads = tuple(draw(st.integers(0, 3)) for _ in range(4))
    size = (draw(st.integers(1, 20)), draw(st.integers(1, 20)))
    layer = _conv(channels, filters, size, kernel, strides, pads, dilations, groups, draw(st.integers(1, 2)))
    assume(layer.out_height > 0 and layer.out_width > 0)
    return layer


@_SETTINGS
@given(convolutions(), st.integers(0, 1000))
def test_direct_convolution(agreement, here, layer, pick):
    space = KERNELS["direct_conv2d"].space(layer, here[0])
    assume(space)
    chosen = Candidate(KERNELS["direct_conv2d"], space[pick % len(space)])
    assert agreement(layer, chosen) > _DIRECT, (layer, chosen.config)


@pytest.mark.slow
@_SETTINGS
@given(
    st.sampled_from([16, 32, 48]),
    st.sampled_from([8, 16, 24, 64, 68]),
    st.tuples(st.integers(2, 30), st.one_of(st.integers(2, 30), st.integers(90, 230))),
    st.sampled_from([(3, 3), (3, 3), (1, 3), (3, 1), (5, 5), (1, 4), (13, 1), (7, 7)]),
    st.tuples(*[st.integers(0, 2)] * 4),
    st.integers(0, 1000),
)
def test_winograd(agreement, here, channels, filters, size, kernel, pads, pick):
    layer = _conv(channels, filters, size, kernel, pads=pads)
    assume(layer.out_height > 0 and layer.out_width > 0)
    space = KERNELS["winograd_conv2d"].space(layer, here[0])
    assert space
    chosen = Candidate(KERNELS["winograd_conv2d"], space[pick % len(space)])
    inputs = max(Tiling.of(layer, chosen.config).a)
    assert agreement(layer, chosen) > _WINOGRAD[inputs], (layer, chosen.config)


@pytest.mark.parametrize("machine", machines.names())
@given(st.tuples(st.integers(3, 700), st.integers(3, 700)), st.sampled_from([(3, 3), (3, 1), (5, 5)]))
def test_winograd_is_offered_however_wide_the_map(machine, size, kernel):
    """Half a row of tiles had to fit in four passes, once: with 16 registers VGG16's widest layer took 3.3 times."""
    layer = _conv(64, 64, size, kernel, pads=(2, 2, 2, 2))
    assert KERNELS["winograd_conv2d"].space(layer, machines.get(machine))


@pytest.mark.slow
@_SETTINGS
@given(
    st.sampled_from([8, 16, 24, 48]),
    st.tuples(st.integers(3, 30), st.integers(3, 30)),
    st.sampled_from([(3, 3), (5, 5), (1, 3), (7, 1)]),
    st.tuples(st.integers(1, 2), st.integers(1, 3)),
    st.tuples(*[st.integers(0, 3)] * 4),
    st.integers(0, 1000),
)
def test_depthwise(agreement, here, channels, size, kernel, strides, pads, pick):
    layer = _conv(channels, channels, size, kernel, strides, pads, groups=channels)
    assume(layer.out_height > 0 and layer.out_width > 0)
    space = KERNELS["depthwise_conv2d"].space(layer, here[0])
    assert space
    chosen = Candidate(KERNELS["depthwise_conv2d"], space[pick % len(space)])
    assert agreement(layer, chosen) > _DIRECT, (layer, chosen.config)


@pytest.mark.slow
@_SETTINGS
@given(
    st.sampled_from([1, 8, 16, 24]),
    st.sampled_from([8, 16, 40]),
    st.tuples(st.integers(3, 20), st.integers(3, 30)),
    st.sampled_from([(3, 3), (5, 5)]),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
    st.sampled_from([(0.0, 6.0), (0.0, None), (None, None)]),
    st.integers(0, 1000),
)
def test_expanded_depthwise(agreement, here, channels, filters, size, kernel, strides, limits, pick):
    pads = (kernel[0] // 2, kernel[1] // 2) * 2
    blocks = (block_of(channels, 16), block_of(filters, 16))
    layer = ExpandedDepthwise(1, channels, *size, filters, kernel, strides, pads, *limits, *blocks)
    space = KERNELS["expanded_depthwise"].space(layer, here[0])
    assert space
    assert agreement(layer, Candidate(KERNELS["expanded_depthwise"], space[pick % len(space)])) > _DIRECT


@_SETTINGS
@given(st.integers(1, 40), st.integers(1, 300), st.integers(1, 300), st.integers(0, 1000))
def test_dense(agreement, here, rows, inputs, outputs, pick):
    layer = Dense(rows, inputs, outputs)
    space = KERNELS["dense"].space(layer, here[0])
    assert agreement(layer, Candidate(KERNELS["dense"], space[pick % len(space)])) > _DIRECT


@pytest.mark.slow
@_SETTINGS
@given(
    st.sampled_from([1, 3, 16, 24, 32]),
    st.sampled_from([1, 8, 16, 64]),
    st.tuples(st.integers(1, 12), st.integers(1, 20)),
    st.tuples(st.integers(1, 4), st.integers(1, 3)),
    st.integers(0, 1000),
)
def test_transposed(agreement, here, channels, filters, size, kernel, pick):
    blocks = (block_of(channels, 16) if channels > 3 else 1, block_of(filters, 16))
    layer = TransposedConv2d(1, channels, *size, filters, kernel, *blocks)
    space = KERNELS["transposed_conv2d"].space(layer, here[0])
    assert agreement(layer, Candidate(KERNELS["transposed_conv2d"], space[pick % len(space)])) > _DIRECT


@_SETTINGS
@given(
    st.sampled_from([4, 8, 16, 48]),
    st.tuples(st.integers(4, 20), st.integers(4, 30)),
    st.sampled_from(["max", "mean", "mean with pads"]),
    st.tuples(st.integers(1, 4), st.integers(1, 10)),
    st.tuples(st.integers(1, 3), st.integers(1, 5)),
    st.booleans(),
    st.integers(1, 2),
)
def test_pooling(agreement, here, channels, size, what, kernel, strides, padded, batch):
    pads = (kernel[0] // 2, kernel[1] // 2) * 2 if padded else (0, 0, 0, 0)
    layer = Pool2d(batch, channels, *size, what, kernel, strides, pads, block_of(channels, 16))
    assume(layer.out_height > 0 and layer.out_width > 0)
    (config,) = KERNELS["pool2d"].space(layer, here[0])
    assert agreement(layer, Candidate(KERNELS["pool2d"], config)) > _DIRECT, layer


_HALVES = [
    ("direct_conv2d", _conv(32, 40, (9, 11), (3, 3), (2, 2), (1, 1, 1, 1)), 50),
    ("direct_conv2d", _conv(3, 16, (12, 13), (5, 5), (1, 1), (2, 2, 2, 2)), 50),
    ("direct_conv2d", _conv(512, 16, (5, 5), (3, 3), pads=(1, 1, 1, 1)), 40),
    ("depthwise_conv2d", _conv(24, 24, (9, 11), (3, 3), pads=(1, 1, 1, 1), groups=24), 55),
    ("winograd_conv2d", _conv(64, 32, (14, 14), (3, 3), pads=(1, 1, 1, 1)), 45),
    ("dense", Dense(3, 500, 70), 45),
    ("pool2d", Pool2d(1, 16, 9, 9, "mean", (3, 3), (2, 2), (1, 1, 1, 1), 16), 55),
    ("pool2d", Pool2d(1, 16, 9, 9, "max", (3, 3), (2, 2), (1, 1, 1, 1), 16), 60),
]


@pytest.mark.parametrize(("kernel", "layer", "least"), _HALVES)
def test_in_half_precision_sums_lose_what_their_length_says(agreement, here, kernel, layer, least):
    """2^-11 is 66 dB; a sum of n terms that is rounded n times has lost about 10 log10(n / 6) more."""
    layer = replace(layer, dtype="float16")
    space = KERNELS[kernel].space(layer, here[0].computing("float16"))
    for config in {space[0], space[-1]}:
        assert least < agreement(layer, Candidate(KERNELS[kernel], config)) < 80, config


def test_a_layer_in_half_precision_has_a_key_of_its_own():
    layer = _conv(16, 16, (8, 8), (3, 3))
    half = replace(layer, dtype="float16")
    assert from_key(to_key(half)) == half and to_key(half) != to_key(layer) and not half.integer


@pytest.mark.slow
@pytest.mark.parametrize(
    "layer",
    [
        _conv(64, 64, (56, 56), (3, 3), pads=(1, 1, 1, 1)),
        _conv(512, 512, (7, 7), (3, 3), pads=(1, 1, 1, 1)),
        _conv(3, 64, (224, 224), (7, 7), (2, 2), (3, 3, 3, 3)),
        _conv(256, 512, (28, 28), (1, 1), (2, 2)),
        _conv(96, 96, (112, 112), (3, 3), (2, 2), (1, 1, 1, 1), groups=96),
    ],
    ids=["winograd", "small", "stem", "pointwise", "depthwise"],
)
def test_every_candidate_of_real_layers(agreement, here, layer):
    found = list(candidates(layer, here[0]))
    assert 2 <= len(found) <= 60, "a space is to be small, and no layer without a choice"
    assert len({(one.kernel.name, one.config) for one in found}) == len(found)
    for one in found:
        assert agreement(layer, one) > min(_WINOGRAD.values()), one


@given(convolutions())
def test_a_layer_is_read_back_from_its_key(layer):
    assert from_key(to_key(layer)) == layer


@given(convolutions(), st.sampled_from(machines.names()))
@example(_conv(1, 6, (28, 28), (5, 5), pads=(2, 2, 2, 2)), "x86-vnni")  # LeNet5's: two widths of vectors agreed
def test_a_space_has_no_candidate_twice(layer, machine):
    names = [one.name for one in candidates(layer, machines.get(machine))]
    assert len(set(names)) == len(names)
