"""Fake quantization: the values of ONNX Runtime's pairs to the bit, gradients as derived by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.models.compress.quantize.fake_quantize import Levels, fake_quantize, round_weight, spanning_step
from tilewright.models.compress.quantize.learned_step import LearnedStep, weight_step
from tilewright.models.compress.quantize.simulated import _ENDS

TYPES = {
    "uint8": TensorProto.UINT8,
    "int8": TensorProto.INT8,
    "uint4": TensorProto.UINT4,
    "int4": TensorProto.INT4,
}


def pair(values, step, zero, dtype):
    """ONNX Runtime's QuantizeLinear and DequantizeLinear."""
    constants = [
        numpy_helper.from_array(np.float32(step), "step"),
        helper.make_tensor("zero", TYPES[dtype], [], [zero]),
    ]
    nodes = [
        helper.make_node("QuantizeLinear", ["input", "step", "zero"], ["levels"]),
        helper.make_node("DequantizeLinear", ["levels", "step", "zero"], ["output"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, values.shape) for name in ("input", "output")]
    graph = helper.make_graph(nodes, "pair", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return OnnxReference(model.SerializeToString(), threads=1).run({"input": values})["output"]


@settings(max_examples=60, deadline=None)
@given(
    values=of.arrays(np.float32, st.integers(1, 40), elements=st.floats(-300, 300, width=32)),
    step=st.floats(2.0**-10, 16.0, width=32),
    dtype=st.sampled_from(sorted(TYPES)),
    data=st.data(),
)
def test_values_are_those_of_onnx_runtime(values, step, dtype, data):
    ends = _ENDS[dtype]
    zero = data.draw(st.integers(ends.low, ends.high))
    values[::3] = np.rint(values[::3]) * step / 2  # ties
    found = fake_quantize(torch.from_numpy(values), torch.tensor(step), zero, ends).numpy()
    np.testing.assert_array_equal(found, pair(values, step, zero, dtype))


def test_the_gradient_passes_but_where_values_are_clipped():
    values = torch.tensor([-3.0, -0.4, 0.3, 1.2, 6.9, 7.1], requires_grad=True)
    fake_quantize(values, torch.tensor(1.0), 2, Levels(0, 9)).backward(torch.arange(1.0, 7.0))
    assert values.grad is not None  # levels 0 to 9 around 2 stand for -2 to 7
    assert values.grad.tolist() == [0.0, 2.0, 3.0, 4.0, 5.0, 0.0]


def test_the_gradient_of_the_step_is_the_papers():
    step = torch.tensor(0.5, requires_grad=True)
    values = torch.tensor([-9.0, -0.6, 0.2, 0.8, 9.0])
    fake_quantize(values, step, 0, Levels(-8, 7)).backward(torch.tensor([1.0, 10.0, 100.0, 1000.0, 10000.0]))
    # -8 below, 7 above, else round(v / s) - v / s: -1 + 1.2, 0 - 0.4, 2 - 1.6
    wanted = -8 * 1 + 0.2 * 10 - 0.4 * 100 + 0.4 * 1000 + 7 * 10000
    assert step.grad is not None and step.grad.item() == pytest.approx(wanted, rel=1e-5)


def test_a_step_a_channel_gets_the_gradient_of_its_channel():
    step = torch.tensor([[1.0], [2.0]], requires_grad=True)
    fake_quantize(torch.tensor([[0.3, 20.0], [0.6, -40.0]]), step, 0, Levels(-8, 7)).sum().backward()
    assert step.grad is not None and torch.allclose(step.grad, torch.tensor([[-0.3 + 7], [-0.3 - 8]]))


def test_weights_let_all_gradient_pass():
    weight = torch.tensor([[-3.75, 0.6], [4.4, 7.5]], requires_grad=True)
    step = spanning_step(weight, 0, 15)
    assert torch.allclose(step, torch.tensor([[0.5], [1.0]]))
    rounded = round_weight(weight, step, Levels(-8, 7))
    rounded.backward(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert weight.grad is not None and weight.grad.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert torch.allclose(
        rounded / step, torch.tensor([[-8.0, 1.0], [4.0, 7.0]])
    )  # -7.5 is a tie, and so is 7.5, above 7


def test_a_filter_of_zeros_has_a_step():
    assert spanning_step(torch.zeros(3, 2), 0, 254).flatten().tolist() == [1.0, 1.0, 1.0]


def test_learned_steps_move_by_the_papers_scale():
    learned = LearnedStep(torch.tensor(0.5), Levels(0, 15))
    (3 * learned(60)).backward()
    assert learned.step.grad is not None and learned.step.grad.item() == pytest.approx(3 / np.sqrt(60 * 15))
    assert learned.value.item() == 0.5
    with torch.no_grad():
        learned.step.fill_(-1.0)
    assert 0 < learned.value.item() < 1e-6


def test_a_weights_first_step_follows_its_mean():
    weight = torch.tensor([[1.0, -3.0], [0.5, 0.5]])
    found = weight_step(weight, 0, Levels(-8, 7))
    assert torch.allclose(found, torch.tensor([[4.0], [1.0]]) / np.sqrt(7))
