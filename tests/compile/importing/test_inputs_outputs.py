"""Inputs, outputs, shapes, types and names as they come."""

import numpy as np
import pytest
from graphs import model, one_node, save, tensor, values
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.errors import TilewrightError
from tilewright.compile.importing import import_model

RELU = helper.make_node("Relu", ["x"], ["y"])


def shapes(specs):
    return {spec.name: spec.shape for spec in specs}


def test_several_inputs_and_outputs_one_of_them_read_again(tmp_path):
    nodes = [helper.make_node("Add", ["a", "b"], ["s"]), helper.make_node("Relu", ["s"], ["r"])]
    proto = model(nodes, inputs={"a": (2, 3), "b": (3,)}, outputs={"r": (2, 3), "s": (2, 3)})
    imported = import_model(save(proto, tmp_path))
    assert shapes(imported.inputs) == {"a": (2, 3), "b": (3,)}
    assert shapes(imported.outputs) == {"r": (2, 3), "s": (2, 3)}


def test_unused_input_stays_an_input(tmp_path):
    proto = model([RELU], inputs={"x": (2, 3), "unused": (4,)}, outputs={"y": (2, 3)})
    assert shapes(import_model(save(proto, tmp_path)).inputs) == {"x": (2, 3), "unused": (4,)}


def test_scalar_and_integer_inputs(tmp_path):
    nodes = [
        helper.make_node("Cast", ["n"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["f", "x"], ["m"]),
        helper.make_node("Add", ["m", "k"], ["y"]),
    ]
    inputs = [tensor("n", (2, 3), TensorProto.INT64), tensor("x", (2, 3)), tensor("k", ())]
    imported = import_model(save(model(nodes, inputs=inputs, outputs=[tensor("y", (2, 3))]), tmp_path))
    assert [(spec.shape, spec.dtype) for spec in imported.inputs] == [
        ((2, 3), "int64"),
        ((2, 3), "float32"),
        ((), "float32"),
    ]


def test_initializers_listed_as_inputs(tmp_path):
    inputs = {"x": (1, 3, 4, 4), "w": (2, 3, 1, 1)}
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"])]
    proto = model(nodes, {"w": values(2, 3, 1, 1)}, inputs=inputs, outputs={"y": (1, 2, 4, 4)}, opset=8)
    imported = import_model(save(proto, tmp_path))
    assert shapes(imported.inputs) == {"x": (1, 3, 4, 4)}
    assert list(imported.params) == ["w"]


def test_open_batch(tmp_path):
    path = save(model([RELU], inputs={"x": ("N", 3)}, outputs={"y": ("N", 3)}), tmp_path)
    assert import_model(path).batch == 1
    assert import_model(path, batch=4).batch == 4
    assert import_model(path, shapes={"x": (2, 3)}).batch == 2


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        (("N", 3, "H", "W"), {}, "input 'x' has open dimensions (?, 3, ?, ?)"),
        ((1, 3), {"shapes": {"x": (2, 3)}}, "input 'x' has shape (1, 3) in the file, not (2, 3)"),
        ((1, 3), {"shapes": {"z": (2, 3)}}, "there is no input 'z', its inputs are x"),
        ((1, 3), {"batch": 2}, "input 'x' is fixed at batch 1"),
        (None, {}, "input 'x' has no shape"),
    ],
)
def test_shapes_that_do_not_fit(shape, options, message, tmp_path):
    proto = model([RELU], inputs={"x": shape}, outputs={"y": ("N",)})
    with pytest.raises(TilewrightError) as caught:
        import_model(save(proto, tmp_path), **options)
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_all_dimensions_given(tmp_path):
    proto = model([RELU], inputs={"x": ("N", 3, "H", "W")}, outputs={"y": ("N", 3, "H", "W")})
    imported = import_model(save(proto, tmp_path), shapes={"x": (1, 3, 5, 7)})
    assert imported.outputs[0].shape == (1, 3, 5, 7)


def test_no_shapes_in_the_file(tmp_path):
    proto = model([RELU], inputs={"x": None}, outputs={"y": (1,)})
    proto.graph.output[0].type.tensor_type.ClearField("shape")
    imported = import_model(save(proto, tmp_path), shapes={"x": (2, 3)})
    assert imported.outputs[0].shape == (2, 3)


def test_fp16_weights_behind_a_cast(tmp_path):
    weights = {"w": values(4, 3, 3, 3).astype(np.float16)}
    nodes = [
        helper.make_node("Cast", ["w"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["x", "wide"], ["y"]),
    ]
    proto = model(nodes, weights, inputs={"x": (1, 3, 6, 6)}, outputs={"y": (1, 4, 4, 4)})
    path = save(proto, tmp_path)
    imported = import_model(path)
    assert imported.notes == ("fp16 widened to fp32",)
    assert imported.onnx_bytes == pytest.approx(path.stat().st_size, abs=100)


def test_fp16_graph(tmp_path):
    proto = one_node("Conv", (1, 3, 6, 6), {"w": values(4, 3, 3, 3)})
    proto.graph.initializer[0].CopyFrom(numpy_helper.from_array(values(4, 3, 3, 3).astype(np.float16), "w"))
    for value in [*proto.graph.input, *proto.graph.output]:
        value.type.tensor_type.elem_type = TensorProto.FLOAT16
    imported = import_model(save(proto, tmp_path))
    assert [spec.dtype for spec in (*imported.inputs, *imported.outputs)] == ["float32", "float32"]


def test_odd_and_missing_names(tmp_path):
    names = ["/stem/conv:0", "features.0.weight", "a b"]
    nodes = [
        helper.make_node("Conv", [names[0], names[1]], [names[2]]),
        helper.make_node("Relu", [names[2]], ["out/0"]),
    ]
    proto = model(nodes, {names[1]: values(2, 3, 1, 1)}, inputs={names[0]: (1, 3, 4, 4)}, outputs={"out/0": None})
    imported = import_model(save(proto, tmp_path))
    assert imported.inputs[0].name == names[0]
    assert list(imported.params) == [names[1]]


def test_shared_weights_are_one_parameter(tmp_path):
    nodes = [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("Conv", ["c", "w"], ["y"])]
    proto = model(nodes, {"w": values(3, 3, 1, 1)}, inputs={"x": (1, 3, 4, 4)}, outputs={"y": (1, 3, 4, 4)})
    imported = import_model(save(proto, tmp_path))
    assert imported.parameter_count == 9


def test_control_flow_is_refused(tmp_path):
    branch = helper.make_graph([helper.make_node("Neg", ["x"], ["b"])], "branch", [], [tensor("b", (2, 3))])
    node = helper.make_node("If", ["c"], ["y"], name="choose", then_branch=branch, else_branch=branch)
    inputs = [tensor("x", (2, 3)), tensor("c", (), TensorProto.BOOL)]
    with pytest.raises(TilewrightError, match=r"cannot import operator If at node 'choose' \(opset 17\)"):
        import_model(save(model([node], inputs=inputs, outputs=[tensor("y", (2, 3))]), tmp_path))
