"""Dynamic quantization: ranges found at run time, integer kernels, and ONNX Runtime's answers on the same file."""

import json

import numpy as np
import onnx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from networks import network
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.accuracy import compare
from tilewright.compile.bundle import load_bundle
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.pipeline import compile_model
from tilewright.compile.quantizing.dynamic import DynamicRecipe, quantize_dynamic
from tilewright.compile.quantizing.floating import read_floating
from tilewright.models import data

_SETTINGS = settings(max_examples=5, deadline=None, phases=[Phase.generate], derandomize=True)


def kernels_of(manifest):
    return [one.schedule["kernel"] for one in manifest.kernels if one.schedule]


def agrees(model, folder, inputs, target="native"):
    """The least signal-to-noise against ONNX Runtime over `inputs`, and the kernels."""
    onnx.save(model, folder / "floating.onnx")
    quantize_dynamic(folder / "floating.onnx", folder / "dynamic.onnx", DynamicRecipe(weight_bits=7))
    compiled = compile_model(folder / "dynamic.onnx", folder / "bundle", target=target)
    bundle, reference = load_bundle(folder / "bundle"), OnnxReference((folder / "dynamic.onnx").read_bytes())
    found = [compare("", "", bundle.run({"input": x})["output"], reference.run({"input": x})["output"]) for x in inputs]
    return min(one.snr_db for one in found), kernels_of(compiled.manifest)


def model_of(nodes, shape, arrays):
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize(
    ("sizes", "kernel", "pads", "shift"),
    [
        ((3, 16, 1), (3, 3), (1, 1, 1, 1), 0.0),
        ((8, 6, 2), (5, 2), (0, 1, 2, 1), 2.0),
        ((16, 16, 16), (3, 3), (1, 0, 1, 2), -1.0),
        ((6, 5, 1), (1, 1), (0, 0, 0, 0), -5.0),
    ],
)
def test_a_convolution(tmp_path, sizes, kernel, pads, shift):
    channels, filters, groups = sizes
    values = np.random.default_rng(0)
    arrays = {"w": values.standard_normal((filters, channels // groups, *kernel)), "b": values.standard_normal(filters)}
    nodes = [helper.make_node("Conv", ["input", "w", "b"], ["one"], "conv", pads=pads, strides=[1, 2], group=groups)]
    shape = (2, channels, 7, 11)
    model = model_of([*nodes, helper.make_node("Relu", ["one"], ["output"])], shape, arrays)
    snr, _ = agrees(model, tmp_path, [values.standard_normal(shape).astype(np.float32) + shift])
    assert snr > 100


@pytest.mark.parametrize(("rows", "length", "outputs"), [(1, 64, 10), (3, 7, 33), (5, 100, 1)])
def test_a_product(tmp_path, rows, length, outputs):
    values = np.random.default_rng(1)
    arrays = {"w": values.standard_normal((length, outputs)), "b": values.standard_normal(outputs)}
    nodes = [helper.make_node("Gemm", ["input", "w", "b"], ["output"], "product")]
    inputs = [values.standard_normal((rows, length)).astype(np.float32)]
    snr, kernels = agrees(model_of(nodes, (rows, length), arrays), tmp_path, inputs)
    assert snr > 100
    assert kernels == (["integer_dense"] if length % 4 == 0 else ["dense"])


@_SETTINGS
@given(st.integers(1, 70000), st.sampled_from(["normal", "positive", "negative", "zero", "last"]))
def test_the_range_of_a_tensor(count, kind):
    """To the bit what ONNX says of DynamicQuantizeLinear."""
    import tvm
    from tilewright.schedules.relay.dynamic_range import dynamic_range
    from tvm import relay

    values = np.random.default_rng(count).standard_normal(count).astype(np.float32)
    values = {"normal": values, "positive": abs(values), "negative": -abs(values), "zero": 0 * values}.get(kind, values)
    if kind == "last":
        values[-1] = 1000.0
    x = relay.var("x", shape=values.shape, dtype="float32")
    module = tvm.IRModule.from_expr(relay.Function([x], relay.Tuple(dynamic_range(x))))
    scale, zero = relay.create_executor("graph", module, target="llvm").evaluate()(values)
    low, high = min(values.min(), np.float32(0)), max(values.max(), np.float32(0))
    wanted = (high - low) / np.float32(255) if high > low else np.float32(1)
    assert scale.numpy() == wanted and zero.numpy() == np.rint(np.clip((0 - low) / wanted, 0, 255))


@pytest.mark.parametrize("target", ["native", "x86-avx2", "llvm -mcpu=haswell"])
def test_two_convolutions_on_every_kind_of_target(tmp_path, target):
    values = np.random.default_rng(2)
    inputs = [values.standard_normal((1, 4, 9, 9)).astype(np.float32) * factor for factor in (1, 100, 0)]
    snr, kernels = agrees(network(spread=2.0), tmp_path, inputs, target)
    assert snr > 40 and kernels == ([] if target.startswith("llvm") else ["integer_conv2d"] * 2)


@pytest.mark.slow
def test_lenet5_from_the_command_line(cli, tmp_path, imported_lenet5):
    file = tmp_path / "dynamic.onnx"
    done = cli("quantize", "lenet5", "-o", file, "--dynamic")
    assert done.code == 0 and "5 of 5 convolutions and products int8" in done.stdout, done.stderr
    manifest = compile_model(file, tmp_path / "bundle").manifest
    assert manifest.precision == "int8-dynamic"
    assert sorted(kernels_of(manifest)) == ["integer_conv2d"] * 2 + ["integer_dense"] * 3 + ["pool2d"] * 2
    assert min(one["snr_db"] for one in manifest.agreement) >= 30
    note = json.loads({one.key: one.value for one in onnx.load(file).metadata_props}["tilewright.quantization"])
    assert note["recipe"]["method"] == "dynamic"
    assert imported_lenet5.macs == manifest.macs


@pytest.mark.skipif(not data.available("cifar10-jpeg"), reason="no data to judge by")
@pytest.mark.all
def test_resnet20_keeps_its_accuracy(cli, tmp_path):
    rows = tmp_path / "rows.json"
    options = ("--precision", "int8-dynamic", "--limit", "500", "--threads", "1", "--json", rows)
    done = cli("eval", "resnet20", *options)
    assert done.code == 0, done.stderr
    ours, theirs, floating = (row["accuracy"]["value"] for row in json.loads(rows.read_text()))
    assert abs(ours - theirs) <= 0.01 and abs(ours - floating) < 0.03


def test_a_kept_node_stays_fp32(tmp_path):
    graph = read_floating("lenet5").graph
    kept = next(node.name for node in graph.graph.node if node.op_type == "Gemm")
    done = quantize_dynamic("lenet5", tmp_path / "dynamic.onnx", DynamicRecipe(keep=(kept, "Conv")))
    assert done.coverage.startswith("2 of 5")


def test_calibration_means_nothing_to_it(fails, tmp_path):
    fails("quantize", "lenet5", "-o", tmp_path / "x.onnx", "--dynamic", "--method", "mse", says="--method")
    assert not (tmp_path / "x.onnx").exists()
