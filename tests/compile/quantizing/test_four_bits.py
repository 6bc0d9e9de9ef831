"""4-bit weights and activations: a file that ONNX Runtime runs, and our integer kernels on it."""

import numpy as np
import onnx
import pytest
from networks import write_network
from onnx import TensorProto, numpy_helper
from tilewright.compile.bundle import load_bundle
from tilewright.compile.errors import TilewrightError
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.pipeline import compile_model
from tilewright.compile.quantizing import Recipe, quantize_model
from tilewright.compile.quantizing.weights import convolutions, quantized_weight
from tilewright.compile.tensor_spec import TensorSpec, random_inputs

W4A4 = Recipe(weight_bits=4, activation_bits=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("four")
    write_network(folder)
    return folder


def quantized(folder, recipe):
    return quantize_model(folder / "network.onnx", folder / "x.onnx", recipe, calib=str(folder / "inputs.npz"))


def types_of(done):
    return {one.name: one.data_type for one in done.graph.graph.initializer}


def test_edges_keep_8_bits(tmp_path):
    done = quantize_model("lenet5", tmp_path / "x.onnx", W4A4, weights="random")
    types = types_of(done)
    weights = [types[f"{name}.weight_quantized"] for name in ("conv1", "conv2", "fc1", "fc2", "fc3")]
    assert weights == [TensorProto.INT8, *[TensorProto.INT4] * 3, TensorProto.INT8]
    assert types["input_zero_point"] == types["output_zero_point"] == TensorProto.UINT8
    assert TensorProto.UINT4 in types.values() and done.coverage == "5 of 5 convolutions and products W4A4"
    bare = types_of(
        quantize_model("lenet5", tmp_path / "x.onnx", Recipe(weight_bits=4, activation_bits=4, edge_bits=4))
    )
    assert bare["conv1.weight_quantized"] == TensorProto.INT4 and bare["input_zero_point"] == TensorProto.UINT4


@pytest.mark.parametrize("per_channel", [True, False])
def test_weights_are_rounded_as_onnx_runtime_rounds_them(folder, per_channel):
    done = quantized(folder, Recipe(weight_bits=4, edge_bits=4, per_channel=per_channel))
    arrays = {one.name: numpy_helper.to_array(one).astype(np.float64) for one in done.graph.graph.initializer}
    for layer, name in zip(convolutions(onnx.load(folder / "network.onnx")), ("w1", "w2"), strict=True):
        steps = arrays[f"{name}_scale"].reshape(-1, 1, 1, 1)
        found = arrays[f"{name}_quantized"] * steps
        assert arrays[f"{name}_quantized"].min() >= -8 and arrays[f"{name}_quantized"].max() <= 7
        np.testing.assert_allclose(found, quantized_weight(layer.weight, per_channel, 4), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("activations", ["uint8", "int8"])
@pytest.mark.parametrize("bits", [(4, 4), (4, 8)], ids=["W4A4", "W4A8"])
def test_integer_kernels_agree_with_onnx_runtime(folder, tmp_path, bits, activations):
    quantized(folder, Recipe(weight_bits=bits[0], activation_bits=bits[1], edge_bits=4, activations=activations))
    compiled = compile_model(folder / "x.onnx", tmp_path / "bundle")
    kernels = [one.schedule["kernel"] for one in compiled.manifest.kernels if one.schedule]
    assert kernels == ["integer_conv2d"] * 2 and compiled.manifest.precision == "int4"
    bundle, reference = load_bundle(tmp_path / "bundle"), OnnxReference((folder / "x.onnx").read_bytes(), threads=1)
    with np.load(tmp_path / "bundle" / "params.npz") as params:
        packed = [params[name] for name in params if params[name].dtype == np.uint8]
    assert [array.nbytes for array in packed] == [4 * 9 * 8 // 2, 8 * 9 * 8 // 2]  # two levels a byte
    equal = 0
    for seed in range(10):
        inputs = random_inputs([TensorSpec("input", (1, 4, 9, 9), "float32", "NCHW")], seed)
        equal += np.allclose(bundle.run(inputs)["output"], reference.run(inputs)["output"], rtol=1e-5, atol=1e-6)
    assert equal >= 8  # a rounding may fall the other way


@pytest.mark.slow
def test_where_there_is_no_kernel_of_ours(folder, tmp_path):
    quantized(folder, Recipe(weight_bits=4, activation_bits=4, edge_bits=4))
    compiled = compile_model(folder / "x.onnx", tmp_path / "bundle", target="llvm -mcpu=core-avx2")
    assert max(one["snr_db"] for one in compiled.manifest.agreement) > 60


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"weight_bits": 8, "activation_bits": 4}, "4-bit activations go with 4-bit weights"),
        ({"weight_bits": 5}, "weights have 8 or 7 or 4 bits, not 5"),
        ({"activation_bits": 7}, "activations have 8 or 4 bits, not 7"),
        ({"edge_bits": 2}, "edges have 8 or 4 bits, not 2"),
    ],
)
def test_wrong_bits(choices, says):
    with pytest.raises(TilewrightError, match=says):
        Recipe(**choices)
