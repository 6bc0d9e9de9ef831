"""What each ONNX operator of a normalized graph computes, in torch: pads explicit, BatchNorm folded, shapes fixed."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from .inputs import Attributes, Operator, Tensors, first, second, three
from .layers import conv, conv_transpose, gemm
from .shapes import pad, reduce_mean, reshape, slice_, squeeze, unsqueeze
from .windows import average_pool, max_pool, resize

__all__ = ["OPERATORS", "Attributes", "Operator", "Tensors"]


def _clip(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    data, low, high = three(inputs)
    return torch.clamp(data, None if low is None else float(low), None if high is None else float(high))


def _on_one(compute: Callable[[torch.Tensor], torch.Tensor]) -> Operator:
    return lambda inputs, attributes: compute(first(inputs))


def _on_two(compute: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> Operator:
    return lambda inputs, attributes: compute(first(inputs), second(inputs))


OPERATORS: dict[str, Operator] = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "Gemm": gemm,
    "MatMul": _on_two(torch.matmul),
    "Add": _on_two(torch.add),
    "Sub": _on_two(torch.sub),
    "Mul": _on_two(torch.mul),
    "Div": _on_two(torch.div),
    "Pow": _on_two(torch.pow),
    "Relu": _on_one(torch.relu),
    "LeakyRelu": lambda inputs, attributes: functional.leaky_relu(first(inputs), attributes.get("alpha", 0.01)),
    "Clip": _clip,
    "Sigmoid": _on_one(torch.sigmoid),
    "Softmax": lambda inputs, attributes: torch.softmax(first(inputs), attributes.get("axis", -1)),
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalAveragePool": _on_one(lambda data: data.mean(tuple(range(2, data.dim())), keepdim=True)),
    "ReduceMean": reduce_mean,
    "Resize": resize,
    "Concat": lambda inputs, attributes: torch.cat([one for one in inputs if one is not None], attributes["axis"]),
    "Flatten": lambda inputs, attributes: torch.flatten(first(inputs), attributes.get("axis", 1)),
    "Reshape": reshape,
    "Transpose": lambda inputs, attributes: first(inputs).permute(attributes["perm"]),
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Slice": slice_,
    "Pad": pad,
    "Identity": _on_one(lambda data: data),
}
