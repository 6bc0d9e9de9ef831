"""A small network for tests of quantization."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.importing.input_shapes import infer_shapes


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


def write_network(folder):
    """Write one of them as network.onnx, and eight random inputs to calibrate it on as inputs.npz; returns these."""
    onnx.save(network(spread=2.0), folder / "network.onnx")
    inputs = np.random.default_rng(3).standard_normal((8, 4, 9, 9)).astype(np.float32)
    np.savez(folder / "inputs.npz", input=inputs)
    return inputs
