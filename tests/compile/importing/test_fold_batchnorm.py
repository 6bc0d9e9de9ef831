"""BatchNorm folds into the convolution before it, whatever its shape, and never where that would change a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import pytest
from graphs import model, save, values
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper
from tilewright.compile.accuracy import compare
from tilewright.compile.importing import import_model
from tilewright.compile.importing.fold_batchnorm import fold_batchnorm
from tilewright.compile.importing.input_shapes import infer_shapes
from tilewright.compile.onnx_reference import OnnxReference


@dataclass(frozen=True)
class Case:
    rank: int
    groups: int
    in_group: int
    out_group: int
    bias: bool
    epsilon: float
    affine: bool  # a Mul and an Add behind the BatchNorm
    seed: int

    @property
    def channels(self) -> tuple[int, int]:
        return self.groups * self.in_group, self.groups * self.out_group


cases = st.builds(
    Case,
    rank=st.integers(1, 3),
    groups=st.integers(1, 4),
    in_group=st.integers(1, 3),
    out_group=st.integers(1, 3),
    bias=st.booleans(),
    epsilon=st.sampled_from([1e-5, 1e-3, 0.1]),
    affine=st.booleans(),
    seed=st.integers(0, 99),
)


def norm(data: str, output: str, weights: dict, channels: int, seed: int, epsilon: float = 1e-5):
    for index, role in enumerate(("gamma", "beta", "mean", "var")):
        array = values(channels, seed=seed + 7 * index + 1)
        weights[f"{output}.{role}"] = np.abs(array) + 0.1 if role == "var" else array
    names = [f"{output}.{role}" for role in ("gamma", "beta", "mean", "var")]
    return helper.make_node("BatchNormalization", [data, *names], [output], epsilon=epsilon)


def network(case: Case):
    channels_in, channels_out = case.channels
    weights = {"w": values(channels_out, case.in_group, *[2] * case.rank, seed=case.seed)}
    if case.bias:
        weights["bias"] = values(channels_out, seed=case.seed + 50)
    nodes = [helper.make_node("Conv", ["x", *weights], ["c"], group=case.groups)]
    nodes.append(norm("c", "n", weights, channels_out, case.seed, case.epsilon))
    if case.affine:
        shape = (channels_out, *[1] * case.rank)
        weights |= {"scale": values(*shape, seed=case.seed + 1), "shift": values(1, *shape, seed=case.seed + 2)}
        nodes.append(helper.make_node("Mul", ["n", "scale"], ["m"]))
        nodes.append(helper.make_node("Add", ["shift", "m"], ["n2"]))
    shape = (2, channels_in, *[4] * case.rank)
    return model(nodes, weights, inputs={"x": shape}, outputs={nodes[-1].output[0]: None}), shape


def folded(proto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(proto)
    infer_shapes(copy)
    fold_batchnorm(copy)
    return copy


def same_values(proto, copy, shape) -> None:
    inputs = {"x": values(*shape, seed=123)}
    expected = OnnxReference(proto.SerializeToString()).run(inputs)
    result = OnnxReference(copy.SerializeToString()).run(inputs)
    for name, reference in expected.items():
        assert compare(name, "random", result[name], reference).snr_db >= 60


@settings(max_examples=80, deadline=None)
@given(cases)
def test_convolution_takes_all_scales_and_shifts(case):
    proto, shape = network(case)
    copy = folded(proto)
    assert [node.op_type for node in copy.graph.node] == ["Conv"]
    same_values(proto, copy, shape)


def test_alone_and_before_a_convolution(tmp_path):
    weights = {"w": values(4, 3, 3, 3)}
    nodes = [norm("x", "n", weights, 3, 1), helper.make_node("Conv", ["n", "w"], ["y"], pads=[1, 1, 1, 1])]
    proto = model(nodes, weights, inputs={"x": (1, 3, 6, 6)}, outputs={"y": None})
    copy = folded(proto)
    assert [node.op_type for node in copy.graph.node] == ["Mul", "Add", "Conv"]
    same_values(proto, copy, (1, 3, 6, 6))


def test_convolution_read_twice_keeps_its_value():
    weights = {"w": values(4, 3, 1, 1)}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"]),
        norm("c", "n", weights, 4, 1),
        helper.make_node("Add", ["c", "n"], ["y"]),
    ]
    proto = model(nodes, weights, inputs={"x": (1, 3, 6, 6)}, outputs={"y": None})
    copy = folded(proto)
    assert "BatchNormalization" not in {node.op_type for node in copy.graph.node}
    same_values(proto, copy, (1, 3, 6, 6))


def test_convolution_that_is_an_output_keeps_its_value():
    weights = {"w": values(4, 3, 1, 1)}
    nodes = [helper.make_node("Conv", ["x", "w"], ["c"]), norm("c", "n", weights, 4, 1)]
    proto = model(nodes, weights, inputs={"x": (1, 3, 6, 6)}, outputs={"c": None, "n": None})
    same_values(proto, folded(proto), (1, 3, 6, 6))


def test_weights_shared_by_two_convolutions_stay_right():
    weights = {"w": values(3, 3, 1, 1)}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"]),
        norm("c", "n", weights, 3, 1),
        helper.make_node("Conv", ["n", "w"], ["y"]),
    ]
    proto = model(nodes, weights, inputs={"x": (1, 3, 6, 6)}, outputs={"y": None})
    same_values(proto, folded(proto), (1, 3, 6, 6))


@pytest.mark.parametrize("shape", [(6,), (4, 1, 6), (1, 6, 6), (6, 1)])
def test_what_is_not_one_value_a_channel_is_left(shape):
    weights = {"w": values(4, 3, 1, 1), "s": values(*shape)}
    nodes = [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("Mul", ["c", "s"], ["y"])]
    proto = model(nodes, weights, inputs={"x": (1, 3, 6, 6)}, outputs={"y": None})
    copy = folded(proto)
    assert len(copy.graph.node) == 2
    same_values(proto, copy, (1, 3, 6, 6))


@pytest.mark.parametrize("case", [Case(2, 1, 3, 4, False, 1e-5, True, 0), Case(2, 4, 1, 1, True, 1e-3, False, 1)])
def test_nothing_is_left_of_it_in_relay(case, tmp_path):
    imported = import_model(save(network(case)[0], tmp_path))
    text = imported.module.astext(show_meta_data=False)
    assert "conv2d" in text
    assert "batch_norm" not in text
    assert "multiply" not in text
