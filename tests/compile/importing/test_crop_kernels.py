"""Taps that only see padding go, and the answer stays."""

import numpy as np
import onnx
import pytest
from graphs import model, values
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper
from tilewright.compile.importing.crop_kernels import crop_kernels
from tilewright.compile.importing.input_shapes import infer_shapes
from tilewright.compile.onnx_reference import OnnxReference


def convolution(size, kernel, quantized=False, **attributes):
    rank = len(size)
    node = helper.make_node("Conv", ["x", "weight"], ["y"], name="/conv", **attributes)
    weight, nodes = values(4, 3, *kernel), [node]
    arrays = {"weight": weight}
    if quantized:
        levels = np.clip(np.round(weight * 40), -127, 127).astype(np.int8)
        arrays = {"levels": levels, "scale": np.float32([0.02, 0.03, 0.04, 0.05]), "zero": np.zeros(4, np.int8)}
        nodes = [helper.make_node("DequantizeLinear", ["levels", "scale", "zero"], ["weight"], axis=0), node]
    shape = (2, 3, *size)
    return model(nodes, arrays, inputs={"x": shape}, outputs={"y": None}), np.float32(values(*shape, seed=rank))


def answer(proto, x):
    return OnnxReference(proto.SerializeToString()).run({"x": x})["y"]


def kernel_of(proto):
    weight = next(one for one in proto.graph.initializer if one.name in ("weight", "levels"))
    return numpy_helper.to_array(weight).shape[2:]


def cropped(proto):
    copy = onnx.ModelProto()
    copy.CopyFrom(proto)
    infer_shapes(copy)
    crop_kernels(copy)
    onnx.checker.check_model(copy, full_check=True)
    return copy


@pytest.mark.parametrize(
    ("size", "kernel", "attributes", "kept"),
    [
        ((1, 1), (3, 3), {"pads": [1, 1, 1, 1]}, (1, 1)),
        ((1, 4), (3, 3), {"pads": [1, 1, 1, 1]}, (1, 3)),
        ((2, 2), (3, 3), {"pads": [1, 1, 1, 1]}, (3, 3)),
        ((2, 2), (3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2]}, (2, 2)),
        ((2, 2), (5, 5), {"pads": [2, 2, 2, 2]}, (3, 3)),
        ((3, 3), (3, 3), {"pads": [6, 6, 6, 6], "dilations": [6, 6]}, (1, 1)),
        ((8, 8), (3, 3), {}, (3, 3)),
        ((1,), (3,), {"pads": [1, 1]}, (1,)),
    ],
)
@pytest.mark.parametrize("quantized", [False, True])
def test_what_is_left_of_the_kernel(size, kernel, attributes, kept, quantized):
    proto, x = convolution(size, kernel, quantized, **attributes)
    small = cropped(proto)
    assert kernel_of(small) == kept
    np.testing.assert_allclose(answer(small, x), answer(proto, x), rtol=1e-5, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(*[st.integers(0, 5)] * 4),
)
def test_the_answer_stays(size, kernel, strides, dilations, pads):
    for axis in range(2):
        if size[axis] + pads[axis] + pads[axis + 2] < dilations[axis] * (kernel[axis] - 1) + 1:
            return  # no result
    proto, x = convolution(size, kernel, strides=strides, dilations=dilations, pads=pads)
    np.testing.assert_allclose(answer(cropped(proto), x), answer(proto, x), rtol=1e-4, atol=1e-4)


def test_a_weight_that_another_reads_stays_whole():
    nodes = [
        helper.make_node("Conv", ["x", "weight"], ["small"], pads=[1, 1, 1, 1]),
        helper.make_node("Resize", ["small", "", "", "sizes"], ["large"]),
        helper.make_node("Conv", ["large", "weight"], ["y"], pads=[1, 1, 1, 1]),
    ]
    weights = {"weight": values(3, 3, 3, 3), "sizes": np.int64([1, 3, 4, 4])}
    proto = model(nodes, weights, inputs={"x": (1, 3, 1, 1)}, outputs={"y": None})
    assert kernel_of(cropped(proto)) == (3, 3)
