"""What depends on no input is evaluated once, and nothing else is."""

import numpy as np
import pytest
from graphs import model, one_node, save, tensor, values
from onnx import helper
from tilewright.compile.importing import import_model
from tilewright.compile.importing.fold_constants import fold_constants
from tilewright.compile.importing.input_shapes import infer_shapes


def left(proto) -> list[str]:
    infer_shapes(proto)
    fold_constants(proto)
    return [node.op_type for node in proto.graph.node]


def test_weights_computed_by_nodes(tmp_path):
    nodes = [
        helper.make_node("Constant", [], ["two"], value_float=2.0),
        helper.make_node("Mul", ["w", "two"], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["turned"], perm=[1, 0, 2, 3]),
        helper.make_node("Conv", ["x", "turned"], ["y"]),
    ]
    proto = model(nodes, {"w": values(3, 4, 3, 3)}, inputs={"x": (1, 3, 8, 8)}, outputs={"y": None})
    imported = import_model(save(proto, tmp_path))
    assert list(imported.params) == ["turned"]
    assert left(proto) == ["Conv"]


def test_static_shape_arithmetic(tmp_path):
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["n"]),
        helper.make_node("Unsqueeze", ["n", "axes"], ["n1"]),
        helper.make_node("Concat", ["n1", "rest"], ["shape"], axis=0),
        helper.make_node("Reshape", ["x", "shape"], ["y"]),
    ]
    weights = {"zero": np.int64(0), "axes": np.array([0]), "rest": np.array([-1])}
    proto = model(nodes, weights, inputs={"x": ("N", 3, 4)}, outputs={"y": ("N", 12)})
    imported = import_model(save(proto, tmp_path), batch=5)
    assert imported.outputs[0].shape == (5, 12)


@pytest.mark.parametrize(
    "constant",
    [
        {"value_float": 1.5},
        {"value_floats": [1.5, -2.0]},
        {"value": helper.make_tensor("t", 1, [2], [3.0, 4.0])},
    ],
)
def test_constant_nodes(constant, tmp_path):
    nodes = [helper.make_node("Constant", [], ["c"], **constant), helper.make_node("Add", ["x", "c"], ["y"])]
    import_model(save(model(nodes, inputs={"x": (3, 2)}, outputs={"y": (3, 2)}), tmp_path))


def test_random_values_are_not_folded():
    nodes = [
        helper.make_node("RandomNormal", [], ["r"], shape=[2, 2]),
        helper.make_node("RandomNormalLike", ["w"], ["s"]),
        helper.make_node("Add", ["r", "s"], ["t"]),
        helper.make_node("Add", ["x", "t"], ["y"]),
    ]
    proto = model(nodes, {"w": values(2, 2)}, inputs={"x": (2, 2)}, outputs={"y": (2, 2)})
    assert left(proto) == ["RandomNormal", "RandomNormalLike", "Add", "Add"]


def test_shape_of_an_open_tensor_stays():
    proto = one_node("Shape", ("N", 3))
    proto.graph.output[0].CopyFrom(tensor("y", (2,), 7))
    assert left(proto) == ["Shape"]


def test_an_output_that_is_constant(tmp_path):
    nodes = [helper.make_node("Neg", ["w"], ["c"]), helper.make_node("Relu", ["x"], ["y"])]
    proto = model(nodes, {"w": values(2, 2)}, inputs={"x": (2, 2)}, outputs={"c": (2, 2), "y": (2, 2)})
    imported = import_model(save(proto, tmp_path))
    assert [spec.name for spec in imported.outputs] == ["c", "y"]
