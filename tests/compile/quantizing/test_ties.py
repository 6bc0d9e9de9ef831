"""What lies between layers agrees with ONNX Runtime to the bit: exact ties, which rounding errors decide, included."""

import platform

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.bundle import load_bundle
from tilewright.compile.cpu import host_cpu
from tilewright.compile.importing import import_model
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.pipeline import compile_model
from tilewright.compile.targets import native
from tilewright.compile.tuning.choose import recorded_choice
from tilewright.compile.tuning.network_timer import NetworkTimer

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="ONNX Runtime has other kernels elsewhere")

SHAPE = (1, 16, 12, 15)
HALF_PIXEL = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
CORNERS = {"mode": "linear", "coordinate_transformation_mode": "align_corners"}
PLACES = {"mode": "linear", "coordinate_transformation_mode": "asymmetric"}
NEAREST = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


def pair(name, source, scale, zero):
    """(nodes that quantize and dequantize `source` to `name`, their constants)."""
    constants = {f"{name}_s": np.float32(scale), f"{name}_z": np.uint8(zero)}
    nodes = [
        helper.make_node("QuantizeLinear", [source, *constants], [f"{name}_q"], f"{name}_quantize"),
        helper.make_node("DequantizeLinear", [f"{name}_q", *constants], [name], f"{name}_dequantize"),
    ]
    return nodes, constants


def graph(operator, inputs=1, same=False, constants=None, channels=16, **attributes):
    """`operator` between quantized tensors: the result's scale and zero point may be the `same` as the operand's."""
    shape = (1, channels, *SHAPE[2:])
    names = [f"input{number}" for number in range(inputs)]
    nodes, arrays = [], dict(constants or {})
    for number, name in enumerate(names):
        more, values = pair(f"x{number}", name, 0.0337 * (1 + number), 124 - 60 * number)
        nodes, arrays = nodes + more, arrays | values
    read = [f"x{number}" for number in range(inputs)] + (["", *constants] if constants else [])
    nodes.append(helper.make_node(operator, read, ["y"], "middle", **attributes))
    more, values = pair("output", "y", 0.0337 if same else 0.0561, 124 if same else 97)
    made = helper.make_graph(
        nodes + more,
        "between",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, channels, "height", "width"])],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in (arrays | values).items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def resize(by, **settings):
    name = "scales" if isinstance(by[0], float) else "sizes"
    if name == "scales":
        constants = {name: np.array((1, 1, *by), np.float32)}
    else:
        constants = {"scales": np.zeros(0, np.float32), name: np.array((*SHAPE[:2], *by))}
    return graph("Resize", same=True, constants=constants, **settings)


NETWORKS = {
    "add": graph("Add", 2),
    "mean of 2x2": graph("AveragePool", kernel_shape=[2, 2], strides=[2, 2], same=True),
    "mean of a picture's 2x2": graph("AveragePool", kernel_shape=[2, 2], strides=[2, 2], same=True, channels=3),
    "mean of a whole picture": graph("GlobalAveragePool", channels=3),
    "largest of a picture's 3x3": graph("MaxPool", kernel_shape=[3, 3], strides=[2, 2], same=True, channels=3),
    "mean of 3x3": graph("AveragePool", kernel_shape=[3, 3], strides=[2, 2]),
    "mean of 6x5": graph("AveragePool", kernel_shape=[6, 5], strides=[6, 5], same=True),
    "mean of 3x3, pads": graph("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], same=True),
    "mean of 3x3, pads count": graph("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
    "mean of all": graph("GlobalAveragePool"),
    "largest of 3x3": graph("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], same=True),
    "twice": resize((2.0, 2.0), **HALF_PIXEL),
    "four times": resize((4.0, 4.0), **HALF_PIXEL),
    "to 31x20": resize((31, 20), **HALF_PIXEL),
    "twice, by corners": resize((24, 30), **CORNERS),
    "twice, by places": resize((2.0, 2.0), **PLACES),
    "twice, nearest": resize((2.0, 2.0), **NEAREST),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_to_the_bit(name, tmp_path):
    onnx.save(NETWORKS[name], tmp_path / "network.onnx")
    compiled = compile_model(tmp_path / "network.onnx", tmp_path / "bundle")
    assert compiled.manifest.precision == "int8"
    bundle, reference = load_bundle(tmp_path / "bundle"), OnnxReference((tmp_path / "network.onnx").read_bytes())
    generator = np.random.default_rng(0)
    shapes = {one.name: one.shape for one in bundle.manifest.inputs}
    for _ in range(4):
        inputs = {one: generator.uniform(-4, 4, shape).astype(np.float32) for one, shape in shapes.items()}
        np.testing.assert_array_equal(bundle.run(inputs)["output"], reference.run(inputs)["output"])


def test_places_are_there_when_kernels_are_timed(tmp_path):
    """Where the constants were left out, an interpolation read at places that were never written, and died."""
    onnx.save(NETWORKS["twice"], tmp_path / "network.onnx")
    target = native(host_cpu())
    timer = NetworkTimer(import_model(tmp_path / "network.onnx", check=False), target, recorded_choice(target))
    constants = timer.library.get_params()
    assert len(constants) >= 4  # two places and their shares, for rows and for columns
    for name, value in constants.items():
        np.testing.assert_array_equal(timer.executor.get_input(name).numpy(), value.numpy())
    assert all(microseconds > 0 for _, microseconds in timer.profile(1))
