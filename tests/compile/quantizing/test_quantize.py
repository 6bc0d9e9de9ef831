"""Post-training quantization of real networks, judged in ONNX Runtime on real data."""

import json

import numpy as np
import onnx
import pytest
from tilewright.compile.accuracy import compare
from tilewright.compile.errors import TilewrightError
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.quantizing import Recipe, quantize_model
from tilewright.compile.quantizing.floating import read_floating
from tilewright.compile.quantizing.quantize import count_integer
from tilewright.compile.quantizing.ranges import METHODS
from tilewright.compile.quantizing.weights import convolutions, quantized_weight
from tilewright.models import data, zoo


@pytest.fixture(scope="module")
def digits_file(tmp_path_factory, digits):
    """A hundred digits as the network takes them, for calibration."""
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(path, input=zoo.get("lenet5").preprocess(digits[0]))
    return path


def right_answers(graph, digits):
    network, model = OnnxReference(graph.SerializeToString()), zoo.get("lenet5")
    answers = [model.postprocess(network.run({"input": model.preprocess(one[None])})["output"])[0] for one in digits[0]]
    return sum(answer == label for answer, label in zip(answers, digits[1], strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_lenet5_by_every_method(method, tmp_path, digits_file, digits):
    done = quantize_model("lenet5", tmp_path / "lenet5.onnx", Recipe(method), calib=str(digits_file))
    assert count_integer(done.graph) == (5, 5) and "5 of 5" in done.coverage
    assert right_answers(onnx.load(tmp_path / "lenet5.onnx"), digits) >= 99


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(activations="int8", symmetric=True),
        Recipe(activations="int8"),
        Recipe(weight_bits=7),
        Recipe(per_channel=False),
        Recipe(equalize=True, correct_bias=True),
        Recipe(keep=("Gemm",)),
    ],
    ids=["s8 symmetric", "s8", "7 bits", "per tensor", "equalized", "Gemm kept"],
)
def test_every_choice_keeps_the_answers(recipe, tmp_path, digits_file, digits):
    done = quantize_model("lenet5", tmp_path / "lenet5.onnx", recipe, calib=str(digits_file))
    assert count_integer(done.graph)[0] == (2 if recipe.keep else 5)
    assert right_answers(done.graph, digits) >= 99
    dtypes = {onnx.numpy_helper.to_array(one).dtype.name for one in done.graph.graph.initializer}
    assert (recipe.activations == "uint8") == ("uint8" in dtypes)
    said = {entry.key: entry.value for entry in done.graph.metadata_props}
    assert json.loads(said["tilewright.quantization"])["recipe"]["method"] == recipe.method
    assert said["tilewright.model"] == "lenet5"


@pytest.mark.parametrize("bits", [8, 7])
@pytest.mark.parametrize("per_channel", [True, False])
def test_weights_are_rounded_as_onnx_runtime_rounds_them(per_channel, bits, tmp_path, digits_file):
    recipe = Recipe(per_channel=per_channel, weight_bits=bits)
    done = quantize_model("lenet5", tmp_path / "lenet5.onnx", recipe, calib=str(digits_file))
    pairs = {node.output[0]: node for node in done.graph.graph.node if node.op_type == "DequantizeLinear"}
    arrays = {one.name: onnx.numpy_helper.to_array(one) for one in done.graph.graph.initializer}
    readers = {node.name: node for node in done.graph.graph.node}
    for layer in convolutions(read_floating("lenet5").graph):
        pair = pairs[readers[layer.node].input[1]]
        levels, step = (arrays[name] for name in pair.input[:2])
        values = levels.astype(np.float64) * step.reshape(-1, *[1] * (levels.ndim - 1))
        ours = quantized_weight(layer.weight, per_channel, bits)
        assert np.isclose(values, ours, rtol=1e-5, atol=1e-7).mean() > 0.999  # its ties are those of float32


@pytest.mark.slow
@pytest.mark.skipif(not data.available("lprnet-plates"), reason="LPRNet's weights are not on this machine")
def test_lprnet_keeps_its_scores(tmp_path):
    done = quantize_model("lprnet", tmp_path / "lprnet.onnx", limit=50)
    plates = data.load("lprnet-plates", "test", limit=20)
    inputs = zoo.get("lprnet").preprocess(plates.images())
    both = [OnnxReference(one.SerializeToString()) for one in (done.graph, read_floating("lprnet").graph)]
    integer, floating = (np.stack([one.run({"input": x[None]})["output"] for x in inputs]) for one in both)
    assert compare("output", "real", integer, floating).snr_db > 20


def test_random_weights_are_calibrated_on_random_input(tmp_path):
    done = quantize_model("lenet5", tmp_path / "lenet5.onnx", weights="random")
    assert done.calibration == "8 random inputs"


def test_inputs_of_a_concatenation_share_a_range():
    done = read_floating("squeezenet1.1", weights="random")
    from tilewright.compile.quantizing.calibration import calibration_data
    from tilewright.compile.quantizing.quantize import quantize

    quantized = quantize(done, calibration_data(done.source, done.inputs, limit=1), Recipe())
    joins = [node for node in quantized.graph.graph.node if node.op_type == "Concat"]
    pairs = {node.output[0]: node for node in quantized.graph.graph.node if node.op_type == "DequantizeLinear"}
    arrays = {one.name: onnx.numpy_helper.to_array(one) for one in quantized.graph.graph.initializer}
    assert len(joins) == 8
    for node in joins:
        steps = {(arrays[pairs[name].input[1]].item(), arrays[pairs[name].input[2]].item()) for name in node.input}
        assert len(steps) == 1


def test_each_layers_error_is_shown(cli, tmp_path, digits_file):
    done = cli("quantize", "lenet5", "-o", tmp_path / "x.onnx", "--calib", digits_file, "--layers")
    assert done.code == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if " Conv " in line or " Gemm " in line]
    assert len(rows) == 5
    assert all(20 < float(row[2]) < 80 and float(row[4]) < 0.01 for row in rows), rows
    assert "5 of 5 convolutions and products int8" in done.stdout


def saved(path, **arrays):
    np.savez(path, **arrays)
    return str(path)


@pytest.mark.slow
def test_bad_calibration_data(fails, tmp_path):
    output = tmp_path / "out.onnx"
    good = np.zeros((3, 1, 28, 28), np.float32)
    nan = good.copy()
    nan[1, 0, 3, 3] = np.nan
    cases = {
        "infinite or not a number": saved(tmp_path / "nan.npz", input=nan),
        "(pictures, 1, 28, 28) is needed": saved(tmp_path / "shape.npz", input=good[:, :, :27]),
        "no array 'input'": saved(tmp_path / "name.npz", image=good),
        "calibration data is empty": saved(tmp_path / "empty.npz", input=good[:0]),
        "no such file": str(tmp_path / "none.npz"),
        "is not evaluated on 'camvid'": "camvid",
    }
    for says, named in cases.items():
        fails("quantize", "lenet5", "-o", output, "--calib", named, says=says)
    (tmp_path / "no").mkdir()
    fails("quantize", "lenet5", "-o", output, "--calib", tmp_path / "no", says="calibration data is empty")
    assert not output.exists() and not list(tmp_path.glob("*.part"))


def test_a_quantized_model_is_refused(tmp_path, digits_file):
    quantize_model("lenet5", tmp_path / "one.onnx", calib=str(digits_file))
    with pytest.raises(TilewrightError, match="quantized already"):
        quantize_model(tmp_path / "one.onnx", tmp_path / "two.onnx", calib=str(digits_file))
    assert not (tmp_path / "two.onnx").exists()


def test_wrong_choices(fails, tmp_path):
    output = tmp_path / "out.onnx"
    fails("quantize", "lenet5", "-o", output, "--method", "entropie", says="did you mean entropy")
    fails("quantize", "lenet5", "-o", output, "--activations", "int4", says="int8")
    fails("quantize", "lenet5", "-o", output, "--weight-bits", "3", says="8 or 7")
    fails("quantize", "lenet5", "-o", output, "--weights", "random", "--keep", "Nothing", says="--keep Nothing")
