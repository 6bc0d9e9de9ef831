"""Graphs with weights in fewer bits: written as ONNX says, imported packed, and a network's answers with them."""

import re

import ml_dtypes
import numpy as np
import onnx
import pytest
from networks import network
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.building.build import compile_library
from tilewright.compile.building.freeze_layout import freeze_layout
from tilewright.compile.building.half_arithmetic import in_half
from tilewright.compile.building.split_preparation import split_preparation
from tilewright.compile.bundle import load_bundle
from tilewright.compile.errors import TilewrightError
from tilewright.compile.importing import import_model
from tilewright.compile.importing.take_stored import take_stored
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.pipeline import compile_model
from tilewright.compile.quantizing import quantize_model
from tilewright.compile.quantizing.import_as import import_as
from tilewright.compile.quantizing.weights_only import quantize_weights
from tilewright.compile.storing import FORMS
from tilewright.compile.targets import resolve
from tilewright.compile.targets.half import computes_in_half
from tilewright.compile.tuning.choose import recorded_choice
from tilewright.models import zoo
from tilewright.schedules.layers import Pool2d, from_key

LAYERS = {
    "Conv": ((4, 5, 3, 3), (1, 5, 8, 8), {}),
    "ConvTranspose": ((5, 4, 3, 3), (1, 5, 8, 8), {}),
    "Gemm": ((40, 10), (2, 40), {}),
    "Gemm transposed": ((10, 40), (2, 40), {"transB": 1}),
    "MatMul": ((40, 10), (2, 40), {}),
}


def values(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def one_layer(layer, path, weight=None, nodes=(), opset=17, **more):
    """A file with one layer, whose weight is the initializer "w" unless `nodes` compute it."""
    shape, data, attributes = LAYERS[layer]
    arrays = more or {"w": values(*shape) if weight is None else weight}
    graph = helper.make_graph(
        [*nodes, helper.make_node(layer.split()[0], ["input", "w"], ["output"], "layer", **attributes)],
        "layer",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, data)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10), path)
    return path


@pytest.mark.parametrize("group", [None, 16])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("layer", LAYERS)
def test_onnx_runtime_unpacks_the_same(layer, form, group, tmp_path):
    path = one_layer(layer, tmp_path / "layer.onnx")
    graph = quantize_weights(path, tmp_path / "out.onnx", form, group).graph
    onnx.checker.check_model(graph, full_check=True)
    stored = take_stored(onnx.load(tmp_path / "out.onnx"))
    assert [one.form for one in stored.values()] == [form]
    graph.graph.output.extend(onnx.ValueInfoProto(name=name) for name in stored)
    found = OnnxReference(graph.SerializeToString()).run({"input": values(*LAYERS[layer][1])})
    for name, one in stored.items():
        np.testing.assert_array_equal(one.values(), found[name])


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_imported_packed(layer, tmp_path):
    quantize_weights(one_layer(layer, tmp_path / "layer.onnx"), tmp_path / "out.onnx", "int4", 16)
    imported = import_model(tmp_path / "out.onnx")
    assert imported.precision == "int4-weights" and min(one.snr_db for one in imported.agreement) > 100
    assert [array.dtype for array in imported.params.values()] == [np.uint8]


@pytest.fixture(scope="module")
def stored_lenet5(tmp_path_factory):
    """LeNet5's Bundle by precision, compiled when asked for."""
    folder, made = tmp_path_factory.mktemp("stored"), {}

    def of(precision):
        if precision not in made:
            made[precision] = compile_model("lenet5", folder / precision, precision=precision)
        return made[precision]

    return of


@pytest.mark.slow
@pytest.mark.parametrize(
    ("precision", "most", "right"),
    [
        ("fp16", 0.51, 100),
        ("int8-weights", 0.27, 100),
        ("float8-weights", 0.27, 99),
        ("int4-weights", 0.15, 98),
        ("int2-weights", 0.09, 0),
    ],
)
def test_lenet5(precision, most, right, stored_lenet5, lenet5, digits):
    compiled = stored_lenet5(precision)
    manifest = compiled.manifest
    assert manifest.precision == precision and manifest.checked == "bundle"
    assert min(one["snr_db"] for one in manifest.agreement) >= 60
    assert manifest.parameter_bytes == (compiled.path / "params.npz").stat().st_size
    assert manifest.parameter_bytes <= most * lenet5.manifest.parameter_bytes
    assert manifest.onnx_bytes < (0.55 if precision == "fp16" else 0.35) * lenet5.manifest.onnx_bytes
    assert manifest.parameter_count == lenet5.manifest.parameter_count and manifest.macs == lenet5.manifest.macs
    model, bundle = zoo.get("lenet5"), load_bundle(compiled.path)
    answers = [model.postprocess(bundle.run({"input": model.preprocess(one[None])})["output"])[0] for one in digits[0]]
    assert sum(answer == label for answer, label in zip(answers, digits[1], strict=True)) >= right


def test_a_graph_of_halves_is_stored_as_halves(tmp_path):
    path = one_layer("Conv", tmp_path / "half.onnx", values(4, 5, 3, 3).astype(np.float16))
    graph = onnx.load(path)
    for value in [*graph.graph.input, *graph.graph.output]:
        value.type.tensor_type.elem_type = TensorProto.FLOAT16
    onnx.save(graph, path)
    imported = import_model(path)
    assert imported.precision == "fp16" and [one.dtype for one in imported.params.values()] == [np.float16]


def elsewhere():
    """Weights as other tools write them: name, packed, scale, zero point, attributes, the form they have here."""
    generator = np.random.default_rng(1)
    levels = generator.integers(0, 16, (4, 5, 3, 3))
    scale = generator.random(4).astype(np.float32)
    eights = np.full(4, 8).astype(ml_dtypes.uint4)
    odd = np.array([3, 8, 12, 0]).astype(ml_dtypes.uint4)
    whole = np.float32(0.1)
    yield "uint4", levels.astype(ml_dtypes.uint4), scale, eights, {"axis": 0}, "int4"
    yield "zero points", levels.astype(ml_dtypes.uint4), scale, odd, {"axis": 0}, "int8"
    yield "one scale", (levels - 8).astype(np.int8), whole, None, {}, "int4"
    yield "channels", (levels * 16 - 128).astype(np.int8), np.append(scale, whole), None, {"axis": 1}, "int8"
    yield "float8", levels.astype(ml_dtypes.float8_e4m3fn), scale, None, {"axis": 0}, "float8"
    yield "other float8", levels.astype(ml_dtypes.float8_e5m2), scale, None, {"axis": 0}, None
    yield "16 bits", (levels * 1000).astype(np.int16), scale, None, {"axis": 0}, None


@pytest.mark.parametrize("case", list(elsewhere()), ids=lambda case: case[0])
def test_files_made_elsewhere(case, tmp_path):
    _, packed, scale, zero, attributes, form = case
    arrays = {"q": packed, "s": scale} | ({} if zero is None else {"z": zero})
    node = helper.make_node("DequantizeLinear", list(arrays), ["w"], "unpack", **attributes)
    imported = import_model(one_layer("Conv", tmp_path / "layer.onnx", None, [node], 21, **arrays))
    assert min(one.snr_db for one in imported.agreement) > 100
    assert imported.precision == (f"{form}-weights" if form else "fp32")
    assert [one.dtype for one in imported.params.values()] == [np.uint8 if form else np.float32]


def test_integer_layers_are_left_alone(tmp_path):
    onnx.save(network(), tmp_path / "network.onnx")
    np.savez(tmp_path / "inputs.npz", input=values(2, 4, 9, 9))
    done = quantize_model(tmp_path / "network.onnx", tmp_path / "int8.onnx", calib=str(tmp_path / "inputs.npz"))
    before = done.graph.SerializeToString()
    assert take_stored(done.graph) == {} and done.graph.SerializeToString() == before
    assert import_as(tmp_path / "int8.onnx", "int4-weights", check=False).precision == "int8"


@pytest.mark.slow
def test_half_arithmetic_where_the_target_has_it(tmp_path):
    imported = import_as("lenet5", "fp16", check=False)
    arm = "llvm -mtriple=aarch64-linux-gnu -mcpu=cortex-{}"
    new, old = (resolve(arm.format(core)) for core in ("a76", "a72"))
    assert computes_in_half("fp16", new.features) and not computes_in_half("fp32", new.features)
    assert not computes_in_half("fp16", old.features) and not computes_in_half("fp16", resolve("native").features)
    split = split_preparation(freeze_layout(in_half(imported.module), new, 1, None), 1)
    assembly = compile_library(split.main, new).get_lib().get_source("asm")
    assert re.search(r"fmla\s+v\d+\.[48]h", assembly) and not re.search(r"fmla\s+v\d+\.[24]s", assembly)
    compiled = compile_model("lenet5", tmp_path / "a76", target=new.name, precision="fp16")
    assert compiled.manifest.precision == "fp16" and compiled.manifest.outputs[0].dtype == "float32"


@pytest.mark.all
def test_half_arithmetic_by_our_kernels_on_a_board_that_has_it(tmp_path):
    imported, board = import_as("resnet20", "fp16", weights="random", check=False), resolve("rpi5")
    frozen = freeze_layout(in_half(imported.module), board, 1, recorded_choice(board))
    from tilewright.schedules.relay.operators import stated

    layers = [from_key(one["layer"]) for one in stated(frozen["main"])]
    assert [one.dtype for one in layers if not isinstance(one, Pool2d)] == ["float16"] * 20
    assembly = compile_library(split_preparation(frozen, 1).main, board).get_lib().get_source("asm")
    assert re.search(r"fmla\s+v\d+\.8h", assembly) and not re.search(r"fmla\s+v\d+\.[24]s", assembly)
    compiled = compile_model("resnet20", tmp_path / "board", target="rpi5", precision="fp16", weights="random")
    names = {one.schedule["kernel"] for one in compiled.manifest.kernels if one.schedule}
    assert {"winograd_conv2d", "direct_conv2d", "dense"} <= names


def test_wrong_use(fails, tmp_path):
    output = tmp_path / "out.onnx"
    given = ("quantize", "lenet5", "-o", output)
    fails(*given, "--weights-only", "int5", says="unknown form of weights 'int5'")
    fails(*given, "--weights-only", "int4", "--group", 4, says="--group 4: 16 weights or more")
    fails(*given, "--group", 64, says="--group is for --weights-only")
    fails(*given, "--weights-only", "int4", "--search", says="no meaning with --weights-only")
    fails("compile", "lenet5", "-o", output, "--precision", "int4-weight", says="did you mean int4-weights")
    assert not output.exists() and not list(tmp_path.glob("*.part"))


def test_weights_that_do_not_fit(tmp_path):
    weight = values(4, 5, 3, 3)
    weight[0, 0, 0, 0] = 1e6
    path = one_layer("Conv", tmp_path / "large.onnx", weight)
    with pytest.raises(TilewrightError, match="'w' has values that fp16 does not hold"):
        quantize_weights(path, tmp_path / "out.onnx", "fp16")
    quantize_weights(path, tmp_path / "once.onnx", "int8")
    with pytest.raises(TilewrightError, match="quantized already"):
        quantize_weights(tmp_path / "once.onnx", tmp_path / "out.onnx", "int4")
    weight[0, 0, 0, 0] = np.nan
    with pytest.raises(TilewrightError, match="'w' has values that are infinite or not a number"):
        quantize_weights(one_layer("Conv", path, weight), tmp_path / "out.onnx", "int8")
    assert not (tmp_path / "out.onnx").exists()
