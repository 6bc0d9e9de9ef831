"""A normalized ONNX graph in torch computes what ONNX Runtime computes."""

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.accuracy import compare
from tilewright.compile.errors import TilewrightError
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.quantizing.floating import read_floating
from tilewright.compile.tensor_spec import random_inputs
from tilewright.models.compress.graph_module import GraphModule

DEEP = pytest.param("mobilenetv2-cifar", marks=pytest.mark.slow)


@pytest.mark.parametrize("model", ["lenet5", "resnet20", "lprnet", DEEP, "squeezenet1.1"])
def test_zoo_models_agree(model):
    floating = read_floating(model, weights="random")
    inputs = random_inputs(floating.inputs)
    wanted = OnnxReference(floating.graph.SerializeToString(), threads=1).run(inputs)["output"]
    with torch.no_grad():
        found = GraphModule(floating.graph)(*map(torch.from_numpy, inputs.values())).numpy()
    assert compare("output", "random", found, wanted).snr_db > 95  # both round, each in its order


def constant(values, dtype=np.float32):
    return np.array(values, dtype)


def graph_of(operator, shape, constants=(), **attributes):
    """One node that reads the input and `constants`; None leaves one out."""
    names = [f"c{number}" if one is not None else "" for number, one in enumerate(constants)]
    node = helper.make_node(operator, ["input", *names], ["output"], operator, **attributes)
    weights = [numpy_helper.from_array(one, name) for one, name in zip(constants, names, strict=True) if name]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, size)
        for name, size in (("input", shape), ("output", None))
    ]
    graph = helper.make_graph([node], "graph", ends[:1], ends[1:], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def noise(*shape):
    return np.random.default_rng(7).standard_normal(shape).astype(np.float32)


IMAGE = (1, 4, 9, 7)
CASES = {
    "Conv with uneven pads": ("Conv", IMAGE, (noise(6, 2, 3, 3), noise(6)), {"pads": [1, 0, 2, 1], "group": 2}),
    "Conv strided, dilated": ("Conv", IMAGE, (noise(3, 4, 3, 2),), {"strides": [2, 1], "dilations": [2, 1]}),
    "ConvTranspose": (
        "ConvTranspose",
        IMAGE,
        (noise(4, 3, 3, 3), noise(3)),
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
    ),
    "Gemm": ("Gemm", (1, 5), (noise(5, 3), noise(3)), {"alpha": 0.5, "beta": 2.0}),
    "MaxPool with uneven pads": (
        "MaxPool",
        IMAGE,
        (),
        {"kernel_shape": [3, 3], "pads": [0, 1, 1, 2], "strides": [2, 2]},
    ),
    "AveragePool over pads": ("AveragePool", IMAGE, (), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    "AveragePool with pads": (
        "AveragePool",
        IMAGE,
        (),
        {"kernel_shape": [3, 2], "pads": [1, 0, 0, 1], "count_include_pad": 1},
    ),
    "Resize, linear": (
        "Resize",
        IMAGE,
        (None, None, constant([1, 4, 18, 21], np.int64)),
        {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
    ),
    "Resize, nearest": (
        "Resize",
        IMAGE,
        (None, constant([1, 1, 2, 2])),
        {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    ),
    "Pad": ("Pad", IMAGE, (constant([0, 1, 2, 0, 0, 1, 0, 3], np.int64), constant(0.5)), {}),
    "Slice": ("Slice", IMAGE, tuple(constant(one, np.int64) for one in ([1, 0], [9, 6], [2, 3], [2, 3])), {}),
    "Reshape": ("Reshape", IMAGE, (constant([1, 2, -1], np.int64),), {}),
    "Transpose": ("Transpose", IMAGE, (), {"perm": [0, 2, 3, 1]}),
    "Unsqueeze": ("Unsqueeze", IMAGE, (constant([1, 3], np.int64),), {}),
    "Squeeze": ("Squeeze", (1, 3, 1, 1), (constant([2, 3], np.int64),), {}),
    "ReduceMean": ("ReduceMean", IMAGE, (), {"axes": [2, 3], "keepdims": 0}),
    "LeakyRelu": ("LeakyRelu", IMAGE, (), {"alpha": 0.1}),
    "Clip": ("Clip", IMAGE, (None, constant(0.5)), {}),
    "Softmax": ("Softmax", IMAGE, (), {"axis": 1}),
}


@pytest.mark.parametrize("case", CASES)
def test_operators_agree(case):
    operator, shape, constants, attributes = CASES[case]
    model = graph_of(operator, shape, constants, **attributes)
    inputs = noise(*shape)
    (wanted,) = OnnxReference(model.SerializeToString(), threads=1).run({"input": inputs}).values()
    with torch.no_grad():
        found = GraphModule(model)(torch.from_numpy(inputs)).numpy()
        two = GraphModule(model)(torch.from_numpy(np.concatenate([inputs, -inputs]))).numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(two[:1], wanted, rtol=1e-5, atol=1e-6)  # the graph's batch is 1, a module's any


def test_what_there_is_no_operator_for_is_refused():
    with pytest.raises(TilewrightError, match=r"node 'Hardmax': Hardmax cannot be trained"):
        GraphModule(graph_of("Hardmax", IMAGE))
    with pytest.raises(TilewrightError, match="a Pad with mode b'reflect' cannot be trained"):
        GraphModule(graph_of("Pad", IMAGE, (constant([0, 0, 1, 1] * 2, np.int64),), mode="reflect"))(torch.zeros(IMAGE))


def test_logits_come_before_the_sigmoid():
    network = GraphModule(graph_of("Sigmoid", (1, 3)))
    values = torch.tensor([[-1.0, 0.0, 2.0]])
    assert torch.equal(network.logits(values), values)
    assert torch.equal(network(values), values.sigmoid())
    with pytest.raises(TilewrightError, match="ends with Relu"):
        GraphModule(graph_of("Relu", (1, 3))).logits(values)


def test_constants_are_parameters():
    network = GraphModule(graph_of("Conv", IMAGE, (noise(3, 4, 1, 1), noise(3))))
    assert {name: one.shape for name, one in network.arrays().items()} == {"c0": (3, 4, 1, 1), "c1": (3,)}
    assert len(list(network.parameters())) == 2
