"""Equalization changes nothing in fp32, and much in what one step for a whole weight loses."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.accuracy import compare
from tilewright.compile.importing.input_shapes import infer_shapes
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.quantizing.correct_bias import correct_bias
from tilewright.compile.quantizing.equalize import equalize
from tilewright.compile.quantizing.observe import observe
from tilewright.compile.quantizing.weights import convolutions, quantized_weight


def network(groups=1, middle="Relu", spread=100.0):
    """Two 3x3 convolutions of 8 channels whose filters differ in size by up to `spread`."""
    generator = np.random.default_rng(0)
    sizes = np.geomspace(1, spread, 8).reshape(-1, 1, 1, 1)
    arrays = {
        "w1": generator.standard_normal((8, 4, 3, 3)) * sizes,
        "b1": generator.standard_normal(8) * sizes.ravel(),
        "w2": generator.standard_normal((8, 8 // groups, 3, 3)),
        "b2": generator.standard_normal(8),
    }
    nodes = [
        helper.make_node("Conv", ["input", "w1", "b1"], ["one"], "first", pads=[1, 1, 1, 1]),
        helper.make_node(middle, ["one"], ["two"], "middle"),
        helper.make_node("Conv", ["two", "w2", "b2"], ["output"], "second", pads=[1, 1, 1, 1], group=groups),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, (1, 4, 9, 9))],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, (1, 8, 9, 9))],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    infer_shapes(model)
    return model


def pictures(count=4):
    generator = np.random.default_rng(1)
    return [{"input": generator.standard_normal((1, 4, 9, 9)).astype(np.float32)} for _ in range(count)]


def run(model, inputs):
    return OnnxReference(model.SerializeToString()).run(inputs)["output"]


@pytest.mark.parametrize("groups", [1, 8])
def test_equalization_keeps_the_result(groups):
    model = network(groups)
    equal = onnx.ModelProto()
    equal.CopyFrom(model)
    assert equalize(equal) == 1
    inputs = pictures(1)[0]
    assert compare("output", "random", run(equal, inputs), run(model, inputs)).snr_db > 100
    sizes = [np.abs(layer.weight).reshape(8, -1).max(axis=1) for layer in convolutions(equal)]
    before = [np.abs(layer.weight).reshape(8, -1).max(axis=1) for layer in convolutions(model)]
    assert sizes[0].max() / sizes[0].min() < before[0].max() / before[0].min() / 5


def test_equalization_saves_what_one_step_for_all_filters_loses():
    model = network()

    def loss(one):
        rounded = onnx.ModelProto()
        rounded.CopyFrom(one)
        for layer in convolutions(rounded):
            layer.set_weight(quantized_weight(layer.weight, per_channel=False, bits=8))
        inputs = pictures(1)[0]
        return compare("output", "random", run(rounded, inputs), run(model, inputs)).snr_db

    equal = onnx.ModelProto()
    equal.CopyFrom(model)
    equalize(equal)
    assert loss(equal) > loss(model) + 3


def test_what_scale_does_not_pass_through_is_left_alone():
    model = network(middle="Sigmoid")
    before = model.SerializeToString()
    assert equalize(model) == 0 and model.SerializeToString() == before


@pytest.mark.parametrize("per_channel", [True, False])
def test_bias_correction_takes_the_mean_error_away(per_channel):
    model, data = network(spread=10.0), pictures(32)
    statistics = observe(model, lambda: data, lambda done: None)

    def mean_error(corrected):
        rounded = onnx.ModelProto()
        rounded.CopyFrom(model)
        if corrected:
            correct_bias(rounded, statistics, per_channel, 7)
        for layer in convolutions(rounded):
            layer.set_weight(quantized_weight(layer.weight, per_channel, 7))
        errors = [run(rounded, one) - run(model, one) for one in data]
        return np.abs(np.mean(errors, axis=(0, 1, 3, 4))).mean()

    assert mean_error(True) < mean_error(False) / 2
