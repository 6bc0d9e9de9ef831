"""Every form that an operator has taken between opset 7 and 21 gives ONNX Runtime's values."""

import numpy as np
import pytest
from graphs import model, one_node, save, values
from onnx import helper
from tilewright.compile.importing import import_model

OPSETS = range(7, 22)
INT = np.int64


def agrees(proto, tmp_path):
    imported = import_model(save(proto, tmp_path))
    assert min(one.snr_db for one in imported.agreement) >= 60
    return imported


def classifier(opset: int):
    """Conv with auto_pad, BatchNorm, Clip, poolings, Reshape, Gemm, Softmax: in the spelling of `opset`."""
    weights = {"w": values(8, 3, 3, 3), "g": np.abs(values(8)) + 0.5, "b": values(8), "m": values(8)}
    weights |= {"v": np.abs(values(8)) + 0.5, "shape": np.array([0, -1], INT), "fc": values(10, 8), "fb": values(10)}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], auto_pad="SAME_UPPER", strides=[2, 2], kernel_shape=[3, 3]),
        helper.make_node("BatchNormalization", ["c", "g", "b", "m", "v"], ["n"], epsilon=1e-3),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("GlobalAveragePool", ["p"], ["a"]),
        helper.make_node("Reshape", ["a", "shape"], ["f"]),
        helper.make_node("Gemm", ["f", "fc", "fb"], ["l"], transB=1),
        helper.make_node("Softmax", ["l"], ["y"], axis=1),
    ]
    if opset < 11:
        clip = helper.make_node("Clip", ["n"], ["r"], min=0.0, max=6.0)
    else:
        weights |= {"low": np.float32(0), "high": np.float32(6)}
        clip = helper.make_node("Clip", ["n", "low", "high"], ["r"])
    nodes.insert(2, clip)
    dropped = helper.make_node("Dropout", ["f"], ["d"], **({"ratio": 0.5} if opset < 12 else {}))
    nodes.insert(6, dropped)
    nodes[7].input[0] = "d"
    return model(nodes, weights, inputs={"x": ("N", 3, 15, 15)}, outputs={"y": ("N", 10)}, opset=opset)


@pytest.mark.parametrize("opset", OPSETS)
def test_classifier(opset, tmp_path):
    imported = agrees(classifier(opset), tmp_path)
    assert imported.opset == opset
    assert imported.inputs[0].shape == (1, 3, 15, 15)
    assert imported.macs == 8 * 8 * 8 * 27 + 80


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize("operator", ["Conv", "ConvTranspose", "MaxPool", "AveragePool"])
def test_auto_pad(operator, mode, tmp_path):
    weights = {"w": values(4, 4, 3, 3)} if operator.startswith("Conv") else {}
    attributes = {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": mode}
    agrees(one_node(operator, (1, 4, 10, 11), weights, **attributes), tmp_path)


@pytest.mark.parametrize("size", range(5, 10))
@pytest.mark.parametrize("operator", ["MaxPool", "AveragePool"])
def test_ceil_mode(operator, size, tmp_path):
    attributes = {"kernel_shape": [3, 2], "strides": [2, 3], "pads": [1, 0, 1, 1], "ceil_mode": 1}
    agrees(one_node(operator, (1, 2, size, size), opset=19, **attributes), tmp_path)


def softmax(opset):
    return one_node("Softmax", (2, 3, 4), opset=opset, **({"axis": 1} if opset < 13 else {"axis": -1}))


def reduction(operator):
    def build(opset):
        moved = 13 if operator == "ReduceSum" else 18
        if opset < moved:
            return one_node(operator, (2, 3, 4, 5), opset=opset, axes=[2, 3], keepdims=0)
        return one_node(operator, (2, 3, 4, 5), {"axes": np.array([2, 3], INT)}, opset=opset, keepdims=0)

    return build


def squeeze(opset):
    if opset < 13:
        return one_node("Squeeze", (2, 1, 4, 1), opset=opset, axes=[1, 3])
    return one_node("Squeeze", (2, 1, 4, 1), {"axes": np.array([1, 3], INT)}, opset=opset)


def unsqueeze(opset):
    if opset < 13:
        return one_node("Unsqueeze", (2, 4), opset=opset, axes=[0, 3])
    return one_node("Unsqueeze", (2, 4), {"axes": np.array([0, 3], INT)}, opset=opset)


def split(opset):
    weights = {"sizes": np.array([2, 4, 1], INT)} if opset >= 13 else {}
    attributes = {} if weights else {"split": [2, 4, 1]}
    node = helper.make_node("Split", ["x", *weights], ["a", "b", "c"], axis=1, **attributes)
    outputs = dict.fromkeys("abc")
    return model([node], weights, inputs={"x": (2, 7)}, outputs=outputs, opset=opset)


def split_count(opset):
    node = helper.make_node("Split", ["x"], ["a", "b", "c"], axis=-1, num_outputs=3)
    return model([node], inputs={"x": (2, 7)}, outputs=dict.fromkeys("abc"), opset=opset)


def pad(opset):
    if opset < 11:
        return one_node("Pad", (1, 2, 4, 5), opset=opset, pads=[0, 0, 1, 2, 0, 0, 3, 0], value=0.5)
    return one_node(
        "Pad", (1, 2, 4, 5), {"p": np.array([0, 0, 1, 2, 0, 0, 3, 0], INT), "v": np.float32(0.5)}, opset=opset
    )


def pad_axes(opset):
    weights = {"p": np.array([1, 2, 3, 0], INT), "v": np.float32(0.5), "axes": np.array([-2, 3], INT)}
    return one_node("Pad", (1, 2, 4, 5), weights, opset=opset)


def resize(opset):
    scales = np.array([1, 1, 2, 3], np.float32)
    weights = {"s": scales} if opset < 11 else {"roi": np.zeros(0, np.float32), "s": scales}
    linear = {"mode": "linear"} if opset < 11 else {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    return one_node("Upsample" if opset < 10 else "Resize", (1, 2, 4, 5), weights, opset=opset, **linear)


def resize_nearest(opset):
    attributes = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], **attributes)
    weights = {"sizes": np.array([1, 2, 8, 10], INT)}
    return model([node], weights, inputs={"x": (1, 2, 4, 5)}, outputs={"y": None}, opset=opset)


def resize_axes(opset):
    attributes = {"axes": [2, 3], "mode": "linear", "coordinate_transformation_mode": "align_corners"}
    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], **attributes)
    weights = {"sizes": np.array([8, 10], INT)}
    return model([node], weights, inputs={"x": (1, 2, 4, 5)}, outputs={"y": None}, opset=opset)


def group_norm(opset):
    weights = {"s": values(4, seed=1), "b": values(4, seed=2)}
    node = helper.make_node("GroupNormalization", ["x", "s", "b"], ["y"], num_groups=2)
    return model([node], weights, inputs={"x": (1, 4, 5, 6)}, outputs={"y": (1, 4, 5, 6)}, opset=opset)


def dilated_average(opset):
    return one_node("AveragePool", (1, 2, 9, 9), opset=opset, kernel_shape=[3, 3], dilations=[2, 2])


def cast(opset):
    return one_node("Cast", (2, 3), opset=opset, to=6, **({"saturate": 1} if opset >= 19 else {}))


def slice_(opset):
    if opset < 10:
        return one_node("Slice", (4, 6), opset=opset, starts=[1, 0], ends=[3, 5], axes=[0, 1])
    weights = {
        "b": np.array([1, 0], INT),
        "e": np.array([3, 5], INT),
        "a": np.array([0, 1], INT),
        "s": np.array([1, 2]),
    }
    return one_node("Slice", (4, 6), weights, opset=opset)


REDUCTIONS = ("ReduceMean", "ReduceMax", "ReduceSum", "ReduceL2")
FORMS = [
    *((softmax, opset) for opset in (7, 11, 12, 13, 21)),
    *(
        (reduction(name), opset)
        for name in ("ReduceMean", "ReduceMax", "ReduceSum", "ReduceL2")
        for opset in (7, 13, 18, 21)
    ),
    *((form, opset) for form in (squeeze, unsqueeze, split) for opset in (7, 11, 13, 18, 21)),
    *((split_count, opset) for opset in (18, 21)),
    *((pad, opset) for opset in (7, 11, 13, 18, 19, 21)),
    *((pad_axes, opset) for opset in (18, 21)),
    *((resize, opset) for opset in (9, 10, 11, 13, 18, 19, 21)),
    *((resize_nearest, opset) for opset in (13, 18, 19, 21)),
    *((resize_axes, opset) for opset in (18, 21)),
    (group_norm, 21),
    *((dilated_average, opset) for opset in (19, 21)),
    *((cast, opset) for opset in (7, 13, 19, 21)),
    *((slice_, opset) for opset in (7, 10, 13, 21)),
]


@pytest.mark.parametrize(("build", "opset"), FORMS)
def test_form(build, opset, tmp_path):
    agrees(build(opset), tmp_path)
