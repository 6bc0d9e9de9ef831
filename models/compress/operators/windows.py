"""Operators that look at windows of pixels: pooling and resizing."""

from __future__ import annotations

import torch
from torch.nn import functional

from ....compile.errors import TilewrightError
from .inputs import Attributes, Tensors, around, first, padded


def max_pool(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """MaxPool; what lies outside is never the greatest."""
    data, pads = padded(first(inputs), attributes, float("-inf"))
    size, one = attributes["kernel_shape"], [1] * len(attributes["kernel_shape"])
    pool = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[len(size) - 1]
    return pool(data, size, attributes.get("strides", one), pads, attributes.get("dilations", one))


def average_pool(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """AveragePool, its pads counted or not."""
    data, size = first(inputs), attributes["kernel_shape"]
    pads, strides = attributes.get("pads", [0] * 2 * len(size)), attributes.get("strides", [1] * len(size))
    outside = around(pads)
    pool = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)[len(size) - 1]
    mean = pool(functional.pad(data, outside), size, strides)
    if not any(pads) or attributes.get("count_include_pad"):
        return mean
    return mean / pool(functional.pad(torch.ones_like(data[:1, :1]), outside), size, strides)


def resize(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """Resize by sizes or scales.  Raises TilewrightError for the forms that torch lacks."""
    data, scales = first(inputs), inputs[2] if len(inputs) > 2 else None
    if len(inputs) > 3 and inputs[3] is not None:
        size = [int(one) for one in inputs[3][2:]]
    else:
        assert scales is not None
        size = [int(side * scale) for side, scale in zip(data.shape[2:], scales[2:].tolist(), strict=True)]
    mode = attributes.get("mode", b"nearest")
    where = attributes.get("coordinate_transformation_mode", b"half_pixel")
    rounding = attributes.get("nearest_mode", b"round_prefer_floor")
    if mode == b"linear" and where in (b"half_pixel", b"pytorch_half_pixel", b"align_corners"):
        return functional.interpolate(data, size=size, mode="bilinear", align_corners=where == b"align_corners")
    if mode == b"nearest" and where == b"asymmetric" and rounding == b"floor":
        return functional.interpolate(data, size=size, mode="nearest")
    if mode == b"nearest" and where == b"half_pixel":
        return functional.interpolate(data, size=size, mode="nearest-exact")
    raise TilewrightError(f"a Resize with mode {mode!r} and coordinates {where!r} cannot be trained")
