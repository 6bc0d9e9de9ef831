"""4-bit graphs: read into 8-bit types with their levels kept, computed by integer kernels."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.importing.widen_int4 import widen_int4
from tilewright.compile.onnx_reference import OnnxReference


def four_bit_graph(dtype, low, zero=True, opset=21):
    """A pair on the input, added to a dequantized constant."""
    levels = helper.make_tensor("w", dtype, [4], [low, low + 5, low + 14, low + 15])
    constants = [numpy_helper.from_array(np.float32(0.3), "s"), levels]
    constants += [helper.make_tensor("z", dtype, [], [low + 7])] if zero else []
    ends = ["s", "z"] if zero else ["s"]
    kind = {} if zero else {"output_dtype": dtype}
    nodes = [
        helper.make_node("QuantizeLinear", ["input", *ends], ["q"], "first", **kind),
        helper.make_node("DequantizeLinear", ["q", *ends], ["x"], "second"),
        helper.make_node("DequantizeLinear", ["w", *ends], ["y"], "third"),
        helper.make_node("Add", ["x", "y"], ["output"], "sum"),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in ("input", "output")]
    graph = helper.make_graph(nodes, "four", values[:1], values[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model)


@pytest.mark.parametrize(("dtype", "low"), [(TensorProto.INT4, -8), (TensorProto.UINT4, 0)], ids=["int4", "uint4"])
@pytest.mark.parametrize("zero", [True, False], ids=["zero point", "no zero point"])
def test_the_wider_graph_computes_the_same(dtype, low, zero):
    model = four_bit_graph(dtype, low, zero)
    inputs = {"input": np.array([-99, -0.45, 0.46, 99], np.float32)}
    wanted = OnnxReference(model.SerializeToString(), threads=1).run(inputs)["output"]
    assert widen_int4(model) == ("w",)
    types = {one.data_type for one in model.graph.initializer}
    assert types == {TensorProto.FLOAT, TensorProto.INT8 if low else TensorProto.UINT8}
    onnx.checker.check_model(model, full_check=True)
    found = OnnxReference(model.SerializeToString(), threads=1).run(inputs)["output"]
    np.testing.assert_array_equal(found, wanted)


def test_other_graphs_stay():
    model = onnx.shape_inference.infer_shapes(four_bit_graph(TensorProto.INT8, -8))
    before = model.SerializeToString()
    assert widen_int4(model) == () and model.SerializeToString() == before
