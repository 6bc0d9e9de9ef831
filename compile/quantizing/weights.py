"""The layers of an ONNX graph that have weights, and what rounding does to these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..importing.attributes import get_attribute

WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")  # the operators that have weights
INTEGER = ("ConvInteger", "MatMulInteger")  # those of dynamic quantization
_STEPS = {8: 127.0, 7: 64.0, 4: 7.5}  # 4 bits: -8 to 7, and both ends of the range are clipped a little


@dataclass(frozen=True)
class WeightedLayer:
    """A Conv, ConvTranspose or Gemm with constant weights; its filters are the first axis of `weight`.

    node       its name; `data` and `output` are the names of its input and output
    weight     (filters, channels of a group, ...), float64; change it through `set_weight`
    bias       (filters,), float64; None where it has none; change it through `set_bias`
    """

    node: str
    operator: str
    data: str
    output: str
    weight: np.ndarray
    bias: np.ndarray | None
    groups: int
    put_weight: Callable[[np.ndarray], None]
    put_bias: Callable[[np.ndarray], None]

    def set_weight(self, values: np.ndarray) -> None:
        """Put other weights into the graph."""
        self.weight[...] = values
        self.put_weight(values)

    def set_bias(self, values: np.ndarray) -> None:
        """Put another bias into the graph, which has one."""
        assert self.bias is not None
        self.bias[...] = values
        self.put_bias(values)

    @property
    def transposed(self) -> bool:
        """ConvTranspose has its channels first."""
        return self.operator == "ConvTranspose"


def convolutions(model: Any) -> Iterator[WeightedLayer]:
    """The layers with weights that only they have, in the order of the graph."""
    from onnx import numpy_helper

    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    uses = Counter(name for node in graph.node for name in node.input)
    for node in graph.node:
        if node.op_type not in ("Conv", "ConvTranspose", "Gemm") or node.input[1] not in tensors:
            continue
        if any(uses[name] > 1 for name in node.input[1:]):
            continue
        flipped = node.op_type == "Gemm" and not get_attribute(node, "transB", 0)
        weight = tensors[node.input[1]]
        bias = tensors.get(node.input[2]) if len(node.input) > 2 else None
        values = numpy_helper.to_array(weight).astype(np.float64)
        yield WeightedLayer(
            node=node.name,
            operator=node.op_type,
            data=node.input[0],
            output=node.output[0],
            weight=values.T if flipped else values,
            bias=None if bias is None else numpy_helper.to_array(bias).astype(np.float64),
            groups=get_attribute(node, "group", 1),
            put_weight=_putter(weight, flipped),
            put_bias=_putter(bias, False),
        )


def filter_axes(model: Any) -> dict[str, tuple[np.ndarray, int]]:
    """(values, the axis of its filters) of each constant float32 weight of a layer, by the initializer's name."""
    from onnx import numpy_helper

    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    found: dict[str, tuple[np.ndarray, int]] = {}
    for node in model.graph.node:
        if node.op_type not in WEIGHTED or node.input[1] not in tensors:
            continue
        weight = tensors[node.input[1]]
        first = node.op_type == "Conv" or (node.op_type == "Gemm" and get_attribute(node, "transB", 0))
        if weight.dtype == np.float32 and (node.op_type != "MatMul" or weight.ndim == 2):
            found.setdefault(node.input[1], (weight, 0 if first else 1))
    return found


def _putter(tensor: Any, flipped: bool) -> Callable[[np.ndarray], None]:
    from onnx import numpy_helper

    def put(values: np.ndarray) -> None:
        array = np.ascontiguousarray(values.T if flipped else values).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))

    return put


def quantized_weight(weight: np.ndarray, per_channel: bool, bits: int) -> np.ndarray:
    """`weight` on its symmetric levels, as ONNX Runtime rounds it: 127 (8 bits), 64 (7) or 8 (4) steps each way."""
    axes = tuple(range(1, weight.ndim)) if per_channel else None
    step = np.abs(weight).max(axis=axes, keepdims=True) / _STEPS[bits]
    step = np.where(step > 0, step, 1.0).astype(np.float32)  # at 4 bits the largest weight lies on a tie: round alike
    lowest = -(1 << (bits - 1))
    levels = np.clip(np.rint(weight.astype(np.float32) / step), lowest, -lowest if bits == 7 else -lowest - 1)
    return levels.astype(np.float64) * step
