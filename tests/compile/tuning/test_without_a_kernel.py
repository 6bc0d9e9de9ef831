"""A layer that no kernel of ours computes: narrow groups of channels, as ShuffleNet's and ResNeXt's."""

import json

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules.layers import Conv2d
from tilewright.schedules.machines import get

compiler()  # sets TVM up before the kernels import it

from tilewright.schedules.kernels import candidates, unscheduled  # noqa: E402
from tilewright.schedules.kernels.scheduled import build_alone  # noqa: E402

MACHINE = get("x86-avx2")


def layer(channels, filters, groups, block, **changes):
    size = {"batch": 1, "height": 9, "width": 7, "kernel": (3, 3), "strides": (2, 1), "pads": (1, 1, 0, 1)}
    blocks = {"in_block": block, "out_block": block, "dilations": (1, 1)}
    return Conv2d(channels=channels, filters=filters, groups=groups, **{**size, **blocks, **changes})


def in_blocks(x, block):
    n, c, *rest = x.shape
    return np.ascontiguousarray(x.reshape(n, c // block, block, *rest).transpose(0, 1, 3, 4, 2))


@pytest.mark.parametrize(
    "one",
    [layer(32, 32, 8, 8), layer(16, 32, 16, 8), layer(24, 48, 2, 8), layer(32, 16, 4, 8), layer(32, 64, 4, 8)],
    ids=["4 to 4", "one to 2", "12 to 24", "8 to 4", "a block to two"],
)
def test_its_definition_is_torchs(one):
    tvm = compiler()
    from tilewright.schedules.kernels.alone import packing
    from tvm import relay

    random = np.random.default_rng(1)
    data = random.standard_normal((1, one.channels, one.height, one.width), np.float32)
    weight = random.standard_normal(one.weight_shape, np.float32)
    chosen = unscheduled(one)
    executor = relay.create_executor("graph", mod=packing(one, chosen), target="llvm")
    (packed,) = (field.numpy() for field in executor.evaluate()(weight))
    result = tvm.nd.array(np.full(one.out_shape, -1, np.float32))
    built = build_alone(one, chosen, MACHINE, tvm.target.Target("llvm"))
    built(*map(tvm.nd.array, (in_blocks(data, one.in_block), packed)), result)
    top, left, bottom, right = one.pads
    padded = torch.nn.functional.pad(torch.from_numpy(data), (left, right, top, bottom))
    expected = torch.nn.functional.conv2d(padded, torch.from_numpy(weight), stride=one.strides, groups=one.groups)
    np.testing.assert_allclose(result.numpy(), in_blocks(expected.numpy(), one.out_block), rtol=1e-4, atol=1e-4)


def shuffled(path):
    """A grouped convolution between two others, as an ONNX file."""
    random = np.random.default_rng(2)
    shapes = {"first": (32, 3, 3, 3), "grouped": (32, 4, 3, 3), "last": (16, 32, 1, 1)}
    weights = [
        numpy_helper.from_array((random.standard_normal(shape) / 4).astype(np.float32), name)
        for name, shape in shapes.items()
    ]
    nodes = [
        helper.make_node("Conv", ["x", "first"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "grouped"], ["c"], pads=[1, 1, 1, 1], group=8),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("Conv", ["d", "last"], ["y"]),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, 28, 28])
        for name, channels in (("x", 3), ("y", 16))
    ]
    graph = helper.make_graph(nodes, "shuffled", ends[:1], ends[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


@pytest.mark.all
def test_metaschedule_generates_it(cli, tmp_path):
    assert not list(candidates(layer(32, 32, 8, 8), MACHINE))
    model, logs, bundle = shuffled(tmp_path / "shuffled.onnx"), tmp_path / "logs", tmp_path / "bundle"
    tuned = cli("tune", model, "--tuner", "metaschedule", "--trials", 24, "--threads", 1, "--logs", logs)
    assert tuned.code == 0, tuned.stderr
    built = cli("compile", model, "-o", bundle, TILEWRIGHT_LOGS=str(logs))
    assert built.code == 0 and "it agrees with ONNX Runtime to" in built.stdout, built.stderr
    kernels = json.loads((bundle / "manifest.json").read_text())["kernels"]
    grouped = [one["schedule"] for one in kernels if one["schedule"] and '"groups": 8' in one["schedule"]["layer"]]
    assert [one["kernel"] for one in grouped] == ["metaschedule_conv2d"]
