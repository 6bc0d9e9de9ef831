"""Equalization changes nothing in fp32, and much in what one step for a whole weight loses."""

import numpy as np
import onnx
import pytest
from networks import network
from tilewright.compile.accuracy import compare
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.quantizing.correct_bias import correct_bias
from tilewright.compile.quantizing.equalize import equalize
from tilewright.compile.quantizing.observe import observe
from tilewright.compile.quantizing.weights import convolutions, quantized_weight


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
