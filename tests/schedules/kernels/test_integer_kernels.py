"""Kernels on 8-bit integers are exact: every sum is that of float64, over shapes that divide nothing."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tilewright.compile.explaining.inner_loop import inner_loop
from tilewright.compile.targets import NAMED
from tilewright.compile.tvm_stack import BUILD_CONFIG, compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d, Dense, Pool2d, from_key, to_key

tvm = compiler()

from tilewright.schedules.instructions import DOTS  # noqa: E402
from tilewright.schedules.kernels import KERNELS, Candidate  # noqa: E402
from tilewright.schedules.kernels.alone import arguments, packing  # noqa: E402
from tilewright.schedules.relay.values import block_of  # noqa: E402

_SETTINGS = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
_SMALL = st.integers(1, 3)


def build(layer, candidate, machine, target):
    from tvm import te

    data, *weights = arguments(layer, candidate)
    sums = candidate.kernel.compute(layer, candidate.config, data, *weights)
    doubled = te.compute(layer.out_shape, lambda *at: sums(*at) + sums(*at), name="doubled")
    plan = candidate.kernel.schedule(layer, candidate.config, machine, doubled)
    with tvm.transform.PassContext(opt_level=3, config=BUILD_CONFIG):
        return tvm.build(plan, [data, *weights, doubled], target)


@pytest.fixture(params=["", "-exact"])
def exact(here, request):
    """Whether a kernel's picked config gives twice the sums that torch gives in float64, with padding of 7.

    With this machine's dot product, and with the slower one for weights of 8 bits where there is one.
    """
    (described, target), variant = here, request.param
    if described.dot is None or f"{described.name}{variant}" not in machines.names():
        pytest.skip("this processor has no such kernels on integers")
    machine = machines.get(f"{described.name}{variant}")

    def check(kernel, layer, pick, largest=False):
        from tvm import relay

        space = KERNELS[kernel].space(layer, machine)
        assume(space)
        chosen = Candidate(KERNELS[kernel], space[pick % len(space)])
        values = np.random.default_rng(pick)
        low, high = np.iinfo(layer.dtype).min, np.iinfo(layer.dtype).max
        plain = values.integers(high if largest else low, high + 1, _plain_shape(layer)).astype(layer.dtype)
        limit = 2 ** (DOTS[machine.dot].bits - 1)
        weights = values.integers(-limit, 1 - limit if largest else limit, (layer.weight_shapes or ((),))[0])
        weights = weights.astype("int8")
        given_ = [weights, np.array(7, layer.dtype)][: len(layer.weight_shapes)]
        module = packing(layer, chosen)
        packed = (
            [one.numpy() for one in relay.create_executor("graph", mod=module, target="llvm").evaluate()(*given_)]
            if given_
            else []
        )
        result = tvm.nd.empty(layer.out_shape, layer.out_dtype)
        build(layer, chosen, machine, target)(*map(tvm.nd.array, (_blocks(plain, layer, "in"), *packed)), result)
        wanted = _blocks(_by_torch(layer, plain, weights), layer, "out")
        return np.array_equal(result.numpy(), (2 * wanted).astype(layer.out_dtype))

    return check


def _plain_shape(layer):
    return layer.in_shape if isinstance(layer, Dense) else (layer.batch, layer.channels, layer.height, layer.width)


def _blocks(array, layer, side):
    if isinstance(layer, Dense):
        return array
    block = layer.in_block if side == "in" else layer.out_block
    batch, channels, height, width = array.shape
    return np.ascontiguousarray(array.reshape(batch, channels // block, block, height, width).transpose(0, 1, 3, 4, 2))


def _by_torch(layer, data, weights):
    data, weights = torch.from_numpy(data).double(), torch.from_numpy(weights).double()
    if isinstance(layer, Dense):
        return (data @ weights.T).numpy()
    top, left, bottom, right = layer.pads
    if isinstance(layer, Pool2d):
        padded = torch.nn.functional.pad(data, (left, right, top, bottom), value=0)
        if layer.what == "max":
            return torch.nn.functional.max_pool2d(padded, layer.kernel, layer.strides).numpy()
        return torch.nn.functional.avg_pool2d(padded, layer.kernel, layer.strides, divisor_override=1).numpy()
    padded = torch.nn.functional.pad(data, (left, right, top, bottom), value=7)
    given_ = {"stride": layer.strides, "dilation": layer.dilations, "groups": layer.groups}
    return torch.nn.functional.conv2d(padded, weights, **given_).numpy()


def conv(channels, filters, size, kernel, strides, pads, dilations=(1, 1), groups=1, batch=1, planes=False):
    blocks = (1 if planes else block_of(channels, 16), block_of(filters, 16))
    return Conv2d(batch, channels, *size, filters, kernel, strides, pads, dilations, groups, *blocks, "uint8")


@_SETTINGS
@given(st.data())
def test_convolution(exact, data):
    draw = data.draw
    groups = draw(st.sampled_from([1, 1, 1, 2]))
    channels = groups * draw(st.sampled_from([1, 3, 4, 6, 8, 12, 16, 20, 48]))
    filters = groups * draw(st.sampled_from([1, 4, 6, 16, 24, 40]))
    kernel = (draw(st.integers(1, 7)), draw(st.integers(1, 7)))
    strides, dilations = (draw(_SMALL), draw(_SMALL)), (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    pads = tuple(draw(st.integers(0, 3)) for _ in range(4))
    size = (draw(st.integers(1, 20)), draw(st.integers(1, 20)))
    layer = conv(channels, filters, size, kernel, strides, pads, dilations, groups, draw(st.integers(1, 2)))
    assume(layer.out_height > 0 and layer.out_width > 0)
    assert exact("integer_conv2d", layer, draw(st.integers(0, 1000))), layer


@_SETTINGS
@given(
    st.sampled_from([1, 3]),
    st.sampled_from([16, 24, 64]),
    st.tuples(st.integers(7, 30), st.integers(7, 30)),
    st.tuples(st.integers(1, 7), st.integers(1, 7)),
    st.tuples(_SMALL, _SMALL),
    st.tuples(*[st.integers(0, 3)] * 4),
    st.integers(0, 1000),
)
def test_convolution_of_planes(exact, channels, filters, size, kernel, strides, pads, pick):
    assert exact("integer_conv2d", conv(channels, filters, size, kernel, strides, pads, planes=True), pick)


@_SETTINGS
@given(
    st.sampled_from([4, 8, 16, 24, 48]),
    st.tuples(st.integers(3, 30), st.integers(3, 30)),
    st.sampled_from([(3, 3), (5, 5), (1, 3), (7, 1), (2, 4), (3, 7)]),
    st.tuples(st.integers(1, 2), st.integers(1, 3)),
    st.tuples(*[st.integers(0, 3)] * 4),
    st.integers(0, 1000),
)
def test_depthwise(exact, channels, size, kernel, strides, pads, pick):
    layer = conv(channels, channels, size, kernel, strides, pads, groups=channels)
    assume(layer.out_height > 0 and layer.out_width > 0)
    assert exact("integer_depthwise", layer, pick), layer


@_SETTINGS
@given(st.integers(1, 40), st.integers(1, 80), st.integers(1, 300), st.integers(0, 1000))
def test_dense(exact, rows, quads, outputs, pick):
    assert exact("integer_dense", Dense(rows, 4 * quads, outputs, "uint8"), pick)


@_SETTINGS
@given(
    st.sampled_from([4, 8, 16, 48]),
    st.tuples(st.integers(4, 20), st.integers(4, 30)),
    st.sampled_from(["max", "sum"]),
    st.tuples(st.integers(1, 4), st.integers(1, 10)),
    st.tuples(st.integers(1, 3), st.integers(1, 5)),
    st.booleans(),
    st.sampled_from(["uint8", "int8"]),
)
def test_pooling(exact, channels, size, what, kernel, strides, padded, dtype):
    pads = (kernel[0] // 2, kernel[1] // 2) * 2 if padded and dtype == "uint8" else (0, 0, 0, 0)
    layer = Pool2d(1, channels, *size, what, kernel, strides, pads, block_of(channels, 16), dtype)
    assume(layer.out_height > 0 and layer.out_width > 0)
    assert exact("pool2d", layer, 0), layer


def test_the_largest_values_do_not_overflow(exact):
    assert exact("integer_conv2d", conv(512, 16, (3, 3), (3, 3), (1, 1), (1, 1, 1, 1)), 0, largest=True)
    assert exact("integer_depthwise", conv(16, 16, (9, 9), (5, 5), (1, 1), (2, 2, 2, 2), groups=16), 0, largest=True)


def test_a_layer_on_integers_has_a_key_of_its_own():
    integer = conv(16, 16, (8, 8), (3, 3), (1, 1), (1, 1, 1, 1))
    floating = Conv2d(1, 16, 8, 8, 16, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)
    assert from_key(to_key(integer)) == integer and to_key(integer) != to_key(floating)
    assert "dtype" not in to_key(floating), "records made before there were integers are still good"


_INSTRUCTION = {
    "cortex-a53": re.compile(r"\bsadalp\s+v\d+\.4s"),
    "cortex-a72": re.compile(r"\bsadalp\s+v\d+\.4s"),
    "cortex-a76": re.compile(r"\bsdot\s+v\d+\.4s"),
    "x86-vnni": re.compile(r"\bvpdpbusd\s.*%zmm\d+"),
    "x86-avx512": re.compile(r"\bvpmaddubsw\s.*%zmm\d+"),
    "x86-avx2": re.compile(r"\bvpmaddubsw\s.*%ymm\d+"),
    "x86-avx2-exact": re.compile(r"\bvpmaddwd\s.*%ymm\d+"),
    "x86-avx512-exact": re.compile(r"\bvpmaddwd\s.*%zmm\d+"),
}
_TARGETS = {one.machine: one.tvm for one in NAMED}


@pytest.mark.parametrize("machine", sorted(_INSTRUCTION))
@pytest.mark.parametrize(
    ("kernel", "layer"),
    [
        ("integer_conv2d", conv(32, 32, (28, 28), (3, 3), (1, 1), (1, 1, 1, 1))),
        ("integer_conv2d", conv(3, 32, (28, 28), (7, 7), (2, 2), (3, 3, 3, 3), planes=True)),
        ("integer_depthwise", conv(32, 32, (28, 28), (3, 3), (1, 1), (1, 1, 1, 1), groups=32)),
        ("integer_dense", Dense(1, 256, 256, "uint8")),
    ],
    ids=["conv", "stem", "depthwise", "dense"],
)
def test_the_machines_dot_product_is_used(kernel, layer, machine):
    described = machines.get(machine)
    layer = replace(layer, dtype=DOTS[described.dot].data)
    space, target = KERNELS[kernel].space(layer, described), _TARGETS[machine.removesuffix("-exact")]
    if kernel == "integer_depthwise" and not DOTS[described.dot].spreads:
        assert not space, "paired_depthwise does it, see below"
        return
    text = build(layer, Candidate(KERNELS[kernel], space[0]), described, target).get_source("asm")
    assert len(_INSTRUCTION[machine].findall(text)) >= 4
    assert "vpmulld" not in text and not re.search(r"\bmla\s+v", text)


@pytest.mark.parametrize("machine", ["cortex-a53", "cortex-a72"])
@pytest.mark.parametrize("channels", [16, 24])
def test_two_taps_are_added_in_16_bits_without_a_dot_product(machine, channels):
    described, targets = machines.get(machine), {one.machine: one.tvm for one in NAMED}
    layer = replace(conv(channels, channels, (28, 28), (3, 3), (1, 1), (1, 1, 1, 1), groups=channels), dtype="int8")
    assert not KERNELS["integer_depthwise"].space(layer, described)
    chosen = Candidate(KERNELS["paired_depthwise"], KERNELS["paired_depthwise"].space(layer, described)[0])
    text = build(layer, chosen, described, targets[machine]).get_source("asm")
    products, longer, wider = (
        len(re.findall(rf"\b{name}2?\s+v\d+\.{kind}", text))
        for name, kind in (("smull", "8h"), ("smlal", "8h"), ("sadd[lw]", "4s"))
    )
    assert products * 4 == longer * 5 and wider >= longer, "nine taps are four pairs and one"
    assert not re.search(r"\bmla\s+v|\bmul\s+v", text)


@pytest.mark.parametrize("channels", [16, 8])
def test_taps_are_brought_side_by_side_by_whole_vectors(channels):
    described, targets = machines.get("cortex-a76"), {one.machine: one.tvm for one in NAMED}
    layer = replace(conv(channels, channels, (28, 28), (3, 3), (1, 1), (1, 1, 1, 1), groups=channels), dtype="int8")
    chosen = Candidate(KERNELS["integer_depthwise"], KERNELS["integer_depthwise"].space(layer, described)[0])
    loop = inner_loop(build(layer, chosen, described, targets["cortex-a76"]).get_source("asm"))
    dots = sum("sdot" in line for line in loop)
    moves = sum(bool(re.match(r"\s+(zip|tbl|uzp|trn|ld1|ins|umov)", line)) for line in loop)
    assert dots and not any("umov" in line for line in loop)
    assert moves < dots * 1.2, "a transposition of four pixels serves two outputs"
