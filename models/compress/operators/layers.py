"""Operators with weights."""

from __future__ import annotations

import torch
from torch.nn import functional

from .inputs import Attributes, Tensors, padded, three


def conv(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """Conv in one, two or three dimensions."""
    data, weight, bias = three(inputs)
    data, pads = padded(data, attributes, 0.0)
    convolve = (functional.conv1d, functional.conv2d, functional.conv3d)[weight.dim() - 3]
    one = [1] * (weight.dim() - 2)
    strides, dilations = attributes.get("strides", one), attributes.get("dilations", one)
    return convolve(data, weight, bias, strides, pads, dilations, attributes.get("group", 1))


def conv_transpose(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """ConvTranspose in two dimensions."""
    data, weight, bias = three(inputs)
    one = [1] * (weight.dim() - 2)
    pads, extra = attributes.get("pads", [0] * 2 * len(one)), attributes.get("output_padding", [0] * len(one))
    begins, ends = pads[: len(one)], pads[len(one) :]
    # what ONNX cuts off one side more than the other, torch calls a negative extra
    extra = [more + begin - end for more, begin, end in zip(extra, begins, ends, strict=True)]
    strides, dilations = attributes.get("strides", one), attributes.get("dilations", one)
    return functional.conv_transpose2d(
        data, weight, bias, strides, begins, extra, attributes.get("group", 1), dilations
    )


def gemm(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """Gemm, its bias left out or not."""
    first, second, bias = three(inputs)
    first = first.T if attributes.get("transA") else first
    second = second.T if attributes.get("transB") else second
    product = attributes.get("alpha", 1.0) * (first @ second)
    return product if bias is None else product + attributes.get("beta", 1.0) * bias
