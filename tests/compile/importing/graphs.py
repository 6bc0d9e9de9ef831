"""Small ONNX models to import: built by hand, so that every form of an operator can be had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

Weights = dict[str, np.ndarray]


def values(*shape: int, seed: int = 0) -> np.ndarray:
    """Standard normal float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def tensor(name: str, shape: Any, dtype: int = onnx.TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, dtype, shape)


def model(nodes: list[Any], weights: Weights | None = None, *, inputs: Any, outputs: Any, opset: int = 17) -> Any:
    """A model; `inputs` and `outputs` are value infos, or shapes by name; an output of shape None gets the inferred."""
    infos = [
        [tensor(*item) for item in given.items()] if isinstance(given, dict) else given for given in (inputs, outputs)
    ]
    initializers = [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()]
    outlines = [onnx.ValueInfoProto(name=value.name) for value in infos[1]]
    graph = helper.make_graph(nodes, "graph", infos[0], outlines, initializers)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    found = {value.name: value for value in onnx.shape_inference.infer_shapes(proto).graph.output}
    for value, given in zip(proto.graph.output, infos[1], strict=True):
        value.CopyFrom(given if given.type.tensor_type.HasField("shape") else found[value.name])
    return proto


def one_node(operator: str, shape: tuple[int, ...], weights: Weights | None = None, *, opset: int = 17, **attributes):
    """x -> operator(x, *weights) -> y, the node called "/the/node:0"."""
    node = helper.make_node(operator, ["x", *(weights or {})], ["y"], name="/the/node:0", **attributes)
    return model([node], weights, inputs={"x": shape}, outputs={"y": None}, opset=opset)


def save(proto: Any, folder: Path, name: str = "model.onnx") -> Path:
    path = folder / name
    path.write_bytes(proto.SerializeToString())
    return path
