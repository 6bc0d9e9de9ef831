"""A bad file ends in one line that says what is wrong with it, whatever is wrong with it."""

import numpy as np
import onnx
import pytest
from graphs import model, one_node, save, values
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper
from onnx.external_data_helper import set_external_data
from tilewright.compile.errors import TilewrightError
from tilewright.compile.importing import import_model


def refusal(path) -> str:
    with pytest.raises(TilewrightError) as caught:
        import_model(path)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def convolution(**attributes):
    return one_node("Conv", (1, 3, 8, 8), {"w": values(4, 3, 3, 3)}, **attributes)


def test_missing_file(tmp_path):
    assert refusal(tmp_path / "absent.onnx") == f"{tmp_path / 'absent.onnx'}: no such file"


@pytest.mark.parametrize("content", [b"", b"hello, world\n", b"\x89PNG\r\n\x1a\n" * 40, bytes(range(256)) * 9])
def test_no_onnx_file(content, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert "not an ONNX file" in refusal(path)


WHOLE = convolution().SerializeToString()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(WHOLE) - 1))
def test_truncated_anywhere(tmp_path_factory, length):
    path = tmp_path_factory.getbasetemp() / "cut.onnx"
    path.write_bytes(WHOLE[:length])
    assert str(path) in refusal(path)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_one_changed_byte_is_a_model_or_a_line(tmp_path_factory, offset, change):
    path = tmp_path_factory.getbasetemp() / "changed.onnx"
    content = bytearray(WHOLE)
    content[offset] ^= change
    path.write_bytes(content)
    try:
        import_model(path, check=False)
    except TilewrightError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize("opset", [6, 22])
def test_opset(opset, tmp_path):
    message = refusal(save(convolution(opset=opset), tmp_path))
    assert f"opset {opset} is not supported" in message
    assert "7 to 21" in message


@pytest.mark.parametrize(("domain", "shown"), [("", "Frobnicate"), ("com.acme", "com.acme.Frobnicate")])
def test_unknown_operator(domain, shown, tmp_path):
    node = helper.make_node("Frobnicate", ["x"], ["y"], name="/the/node:0", domain=domain)
    proto = model([helper.make_node("Relu", ["x"], ["y"])], inputs={"x": (1, 2)}, outputs={"y": (1, 2)})
    proto.graph.node[0].CopyFrom(node)
    assert f"cannot import operator {shown} at node '/the/node:0' (opset 17)" in refusal(save(proto, tmp_path))


def test_operator_without_importer(tmp_path):
    message = refusal(save(one_node("Det", (3, 3)), tmp_path))
    assert message.endswith(
        "cannot import operator Det at node '/the/node:0' (opset 17): no importer for this operator"
    )


def test_shape_that_depends_on_the_data(tmp_path):
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("NonZero", ["r"], ["y"], name="count")]
    y = helper.make_tensor_value_info("y", onnx.TensorProto.INT64, (2, None))
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, (3, 3))
    message = refusal(save(model(nodes, inputs=[x], outputs=[y]), tmp_path))
    assert "operator NonZero at node 'count' (opset 17): its shape depends on the data" in message


def test_operator_in_training_mode(tmp_path):
    weights = {name: np.abs(values(3)) for name in "gbmv"}
    proto = one_node("BatchNormalization", (2, 3, 4, 4), weights)
    proto.graph.node[0].attribute.append(helper.make_attribute("training_mode", 1))
    proto.graph.node[0].output.extend(["mean", "var"])
    message = refusal(save(proto, tmp_path))
    assert "BatchNormalization at node '/the/node:0'" in message
    assert "eval mode" in message


def with_external_data(folder, location, content):
    """A model whose weights lie at `location`; `content` is written to weights.bin in its folder."""
    proto = convolution()
    set_external_data(proto.graph.initializer[0], location, 0, 432)
    proto.graph.initializer[0].ClearField("raw_data")
    folder.mkdir(exist_ok=True)
    (folder / "weights.bin").write_bytes(content)
    return save(proto, folder)


WEIGHTS = values(4, 3, 3, 3).tobytes()


def test_external_data_loads(tmp_path):
    imported = import_model(with_external_data(tmp_path, "weights.bin", WEIGHTS))
    assert next(iter(imported.params.values())).tobytes() == WEIGHTS


@pytest.mark.parametrize("location", ["../secret.bin", "sub/../../secret.bin", "/etc/hostname", ""])
def test_external_data_outside_is_refused(location, tmp_path):
    (tmp_path / "secret.bin").write_bytes(WEIGHTS)
    assert "outside the model's folder: refused" in refusal(with_external_data(tmp_path / "m", location, WEIGHTS))


def test_external_data_behind_a_link_is_refused(tmp_path):
    (tmp_path / "secret.bin").write_bytes(WEIGHTS)
    path = with_external_data(tmp_path / "m", "link.bin", WEIGHTS)
    (tmp_path / "m" / "link.bin").symlink_to(tmp_path / "secret.bin")
    assert "outside the model's folder: refused" in refusal(path)


def test_external_data_missing(tmp_path):
    assert "is missing: put absent.bin beside it" in refusal(with_external_data(tmp_path, "absent.bin", WEIGHTS))


def test_external_data_too_short(tmp_path):
    assert "its external data" in refusal(with_external_data(tmp_path, "weights.bin", WEIGHTS[:100]))
