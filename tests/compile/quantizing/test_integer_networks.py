"""QDQ graphs in our engine: true integer kernels, rounded as ONNX says, near ONNX Runtime's own int8."""

import numpy as np
import onnx
import pytest
import torch
from networks import write_network
from onnx import numpy_helper
from tilewright.compile.building.exact_sums import exact_machine
from tilewright.compile.bundle import load_bundle
from tilewright.compile.pipeline import compile_model
from tilewright.compile.quantizing import Recipe, quantize_model
from tilewright.compile.quantizing.import_as import weight_bits_for
from tilewright.compile.targets import resolve
from tilewright.models import data, zoo


def levels(values, zero, dtype="uint8"):
    """The oracle of quantization: to the nearest level, ties to even."""
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values) + zero, limits.min, limits.max).astype(np.int64)


def convolution(values, weight, zero, pads=(1, 1, 1, 1)):
    padded = torch.nn.functional.pad(torch.from_numpy(values - zero).double(), pads)
    return torch.nn.functional.conv2d(padded, torch.from_numpy(weight).double()).numpy().astype(np.int64)


@pytest.fixture(scope="module")
def quantized(tmp_path_factory):
    """A file with two convolutions and a ReLU, and random inputs for it."""
    folder = tmp_path_factory.mktemp("network")
    inputs = write_network(folder)
    quantize_model(folder / "network.onnx", folder / "integer.onnx", calib=str(folder / "inputs.npz"))
    return folder / "integer.onnx", inputs


def test_two_convolutions_to_the_bit(quantized, tmp_path):
    path, inputs = quantized
    compiled = compile_model(path, tmp_path / "network.bundle")
    kernels = [one.schedule["kernel"] for one in compiled.manifest.kernels if one.schedule]
    assert kernels == ["integer_conv2d"] * 2 and compiled.manifest.precision == "int8"
    bundle = load_bundle(tmp_path / "network.bundle")

    graph = onnx.load(path).graph
    arrays = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    pairs = [node for node in graph.node if node.op_type == "QuantizeLinear"]
    (s0, z0), (s1, z1), (s2, z2) = ([arrays[name] for name in node.input[1:]] for node in pairs)
    w = [arrays[f"w{number}_quantized"] for number in (1, 2)]
    b = [arrays[f"b{number}_quantized"].reshape(1, -1, 1, 1) for number in (1, 2)]
    sw = [arrays[f"w{number}_scale"].astype(np.float32) for number in (1, 2)]
    for one in inputs:
        x = levels(one[None] / s0, int(z0))
        for weight, bias, scale, zero, before, after in (
            (w[0], b[0], sw[0], int(z0), s0, (s1, z1)),
            (w[1], b[1], sw[1], int(z1), s1, (s2, z2)),
        ):
            sums = (convolution(x, weight, zero) + bias).astype(np.float32)
            factor = (before * scale).astype(np.float32) / after[0]
            x = levels(sums * factor.reshape(1, -1, 1, 1), int(after[1]))
        wanted = (x - int(z2)).astype(np.float32) * s2
        np.testing.assert_array_equal(bundle.run({"input": one[None]})["output"], wanted)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["lprnet"])
def test_trained_models_agree_with_onnx_runtime(model, tmp_path):
    if not any(data.available(name) for name in zoo.get(model).datasets):
        pytest.skip("no data to calibrate on")
    compiled = compile_model(model, tmp_path / "bundle", precision="int8")
    assert compiled.manifest.checked == "bundle"
    assert min(one["snr_db"] for one in compiled.manifest.agreement) >= 30


@pytest.mark.slow
def test_parameters_take_a_quarter(tmp_path, lenet5):
    compiled = compile_model("lenet5", tmp_path / "bundle", precision="int8", weights="random")
    assert compiled.manifest.parameter_bytes < 0.27 * lenet5.manifest.parameter_bytes


@pytest.mark.slow
def test_a_quantized_file_needs_no_precision(quantized, cli, tmp_path):
    done = cli("compile", quantized[0], "-o", tmp_path / "bundle", "--precision", "int8")
    assert done.code == 0, done.stderr


def quantized_as(folder, **choices):
    write_network(folder)
    quantize_model(
        folder / "network.onnx", folder / "integer.onnx", Recipe(**choices), calib=str(folder / "inputs.npz")
    )
    return folder / "integer.onnx"


@pytest.mark.slow
@pytest.mark.parametrize("target", ["llvm -mcpu=core-avx2", "x86-avx2"])
def test_where_sums_saturate_weights_have_7_bits(target, tmp_path):
    path = quantized_as(tmp_path, weight_bits=7)
    compiled = compile_model(path, tmp_path / "bundle", target=target)
    assert compiled.manifest.precision == "int8"
    assert weight_bits_for(resolve(target)) == 7 and weight_bits_for(resolve("x86-vnni")) == 8


def test_int8_data_are_shifted_where_the_machine_multiplies_uint8(tmp_path):
    path = quantized_as(tmp_path, activations="int8", symmetric=True)
    compiled = compile_model(path, tmp_path / "bundle")
    assert {one.schedule["kernel"] for one in compiled.manifest.kernels if one.schedule} == {"integer_conv2d"}
    assert min(one["snr_db"] for one in compiled.manifest.agreement) >= 40


def words(library, *instructions):
    """How many of aarch64's instructions in a library, which are words, are one of these (mask, value)."""
    code = np.frombuffer(library.read_bytes()[: library.stat().st_size // 4 * 4], "<u4")
    return sum(np.count_nonzero(code & mask == value) for mask, value in instructions)


# Arm Architecture Reference Manual, C7.2: SDOT by vector and by element, the same of UDOT; SMLAL and SMLAL2 of bytes;
# SADALP of halves.
SDOT = (0xFFE0FC00, 0x4E809400), (0xFFC0F400, 0x4F80E000)
UDOT = (0xFFE0FC00, 0x6E809400), (0xFFC0F400, 0x6F80E000)
SMLAL, SADALP = (0xBFE0FC00, 0x0E208000), (0xFFFFFC00, 0x4E606800)


@pytest.mark.slow
@pytest.mark.parametrize(("board", "has"), [("rpi3", False), ("rpi4", False), ("rpi5", True)])
def test_boards_have_the_dot_products_that_their_cores_have(quantized, board, has, tmp_path):
    compiled = compile_model(quantized[0], tmp_path / "bundle", target=board)
    kernels = {one.schedule["kernel"] for one in compiled.manifest.kernels if one.schedule}
    library = compiled.path / "model.so"
    assert kernels == {"integer_conv2d"}
    assert (words(library, *SDOT, *UDOT) > 0) == has
    assert (words(library, SMLAL) > 0, words(library, SADALP) > 0) == (not has, not has)


@pytest.mark.slow
@pytest.mark.parametrize(("low", "kernels"), [(1, {"integer_conv2d"}), (2, {"direct_conv2d", "winograd_conv2d"})])
def test_two_weights_of_minus_128_in_a_filter_are_computed_in_floats_where_they_would_overflow(
    quantized, low, kernels, tmp_path
):
    model = onnx.load(quantized[0])
    for one in model.graph.initializer:
        if one.name == "w1_quantized":
            values = numpy_helper.to_array(one).copy()
            values[0, :low, 0, 0] = -128
            one.CopyFrom(numpy_helper.from_array(values, one.name))
    onnx.save(model, tmp_path / "low.onnx")
    for board, wanted in (("rpi4", kernels), ("rpi5", {"integer_conv2d"})):
        compiled = compile_model(tmp_path / "low.onnx", tmp_path / board, target=board)
        found = {one.schedule["kernel"] for one in compiled.manifest.kernels if one.schedule}
        assert found and found <= wanted


@pytest.mark.parametrize(("largest", "machine"), [(64, "x86-avx2"), (65, "x86-avx2-exact"), (127, "x86-avx2-exact")])
def test_weights_of_8_bits_have_an_exact_dot_product_where_the_fast_one_saturates(largest, machine):
    weights = np.zeros((4, 4, 3, 3), np.int8)
    weights[0, 0, 0, 0] = -largest
    floats = np.full((4, 4), 1000.0, np.float32)
    assert exact_machine([floats, weights], resolve("x86-avx2")).name == machine
    assert exact_machine([floats, weights], resolve("x86-vnni")).name == "x86-vnni"
    assert exact_machine([floats, weights], resolve("rpi4")).name == "cortex-a72"


def test_the_largest_weights_of_8_bits_are_computed_exactly(quantized, tmp_path):
    """Both are at the end of their range, where sums of two products in 16 bits saturate."""
    model = onnx.load(quantized[0])
    for one in model.graph.initializer:
        if one.name == "w1_quantized":
            one.CopyFrom(numpy_helper.from_array(np.full_like(numpy_helper.to_array(one), 127), one.name))
    onnx.save(model, tmp_path / "large.onnx")
    compiled = compile_model(tmp_path / "large.onnx", tmp_path / "bundle")
    assert min(one["snr_db"] for one in compiled.manifest.agreement) > 100
