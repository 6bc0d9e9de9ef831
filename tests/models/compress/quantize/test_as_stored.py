"""LeNet5 trained with its weights in few bits: it learns, and its file is one of `quantize --weights-only`."""

import json

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tilewright.compile.errors import TilewrightError
from tilewright.compile.importing import import_model
from tilewright.compile.importing.quantization_note import quantization_note
from tilewright.compile.quantizing.floating import read_floating
from tilewright.compile.quantizing.weights_only import quantize_weights, store_weights
from tilewright.compile.storing.integers import INTEGERS
from tilewright.models.compress.quantize.as_stored import simulate_stored, train_stored
from tilewright.models.compress.quantize.stored_weight import OnLevels
from tilewright.models.compress.quantize.training import Training

FORMS = [one.name for one in INTEGERS]


def tensors_of(graph):
    return {one.name: onnx.numpy_helper.to_array(one) for one in graph.graph.initializer}


@pytest.mark.parametrize("form", FORMS)
def test_untrained_it_is_the_file_without_training(form):
    floating = read_floating("lenet5", weights="random")
    simulated = simulate_stored(floating, form, None)
    written = tensors_of(simulated.written())
    expected = tensors_of(store_weights(read_floating("lenet5", weights="random"), form).graph)
    assert written.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(written[name], values, err_msg=name)


@pytest.mark.parametrize(("form", "group"), [("int2", None), ("int2", 32), ("int4", None), ("int8", None)])
def test_after_steps_the_file_computes_what_was_trained(form, group, after_steps):
    simulated = simulate_stored(read_floating("lenet5", weights="random"), form, group)
    ours, theirs = after_steps(simulated)
    np.testing.assert_allclose(ours, theirs, atol=1e-5 * np.abs(theirs).max())


@given(
    shape=st.sampled_from([(8, 4, 3, 3), (5, 40), (6, 2, 1, 7), (1, 33)]),
    axis=st.integers(0, 1),
    group=st.sampled_from([None, 16, 32]),
    form=st.sampled_from(INTEGERS),
    seed=st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_what_is_stored_is_what_it_computes_with(shape, axis, group, form, seed):
    weight = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    one = OnLevels(weight, axis, form, group)
    with torch.no_grad():
        one.scales.step.mul_(1.1)
        values = one(torch.from_numpy(weight)).numpy()
    levels, scales = one.stored(torch.from_numpy(weight))
    assert form.holds(levels)
    matrix = levels if one.blocked else np.moveaxis(levels, axis, 0).reshape(shape[axis], -1)
    wide = np.repeat(scales.reshape(shape[axis], -1), one.group, axis=1)[:, : matrix.shape[1]]
    np.testing.assert_array_equal(np.moveaxis(values, axis, 0).reshape(matrix.shape), matrix * wide)


def test_two_bits_learn_and_are_imported_as_two_bits(tmp_path, plain_digits):
    output = tmp_path / "x.onnx"
    done = train_stored("lenet5", output, "int2", Training(epochs=3, learning_rate=0.01, threads=1))
    lines = [json.loads(line) for line in (tmp_path / "x.log.jsonl").read_text().splitlines()]
    assert lines[-1]["loss"] < lines[0]["loss"] and done.after >= done.before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["x.log.jsonl", "x.onnx"]
    note = quantization_note(onnx.load(output))
    assert note["weights"] == "int2" and note["training"]["learned_step"]
    assert import_model(str(output), check=False).precision == "int2-weights"
    quantize_weights("lenet5", tmp_path / "plain.onnx", "int2")
    assert output.stat().st_size < 1.05 * (tmp_path / "plain.onnx").stat().st_size


def test_forms_that_are_not_trained(tmp_path, fails):
    output = tmp_path / "x.onnx"
    with pytest.raises(TilewrightError, match="float8"):
        train_stored("lenet5", output, "float8", Training())
    verb = ("quantize-aware", "lenet5", "-o", output)
    fails(*verb, "--weights-only", "int2", "--activation-bits", "4", says="no meaning with --weights-only")
    fails(*verb, "--weights-only", "int2", "--group", "8", says="16 weights or more")
    fails(*verb, "--group", "32", says="name the form too")
    assert not output.exists()
