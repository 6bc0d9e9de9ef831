"""Operators that move values, cut them out, or take their mean along axes."""

from __future__ import annotations

import torch
from torch.nn import functional

from ....compile.errors import TilewrightError
from .inputs import Attributes, Tensors, around, filled, first, second, three


def reshape(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """The graph has batch 1: where a shape begins with that, the batch there is takes its place."""
    data, shape = first(inputs), [int(one) for one in second(inputs)]
    shape = [data.shape[axis] if size == 0 else size for axis, size in enumerate(shape)]
    if shape[0] == 1 and data.shape[0] != 1:
        shape[0] = data.shape[0]
    return data.reshape(shape)


def slice_(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """Slice with constant bounds."""
    data, *given = inputs
    assert data is not None
    starts, ends, axes, steps = ([int(v) for v in one] if one is not None else None for one in filled(given, 4))
    assert starts is not None and ends is not None
    for axis, start, end, step in zip(
        axes or range(len(starts)), starts, ends, steps or [1] * len(starts), strict=True
    ):
        window = [slice(None)] * data.dim()
        window[axis] = slice(start, end, step)
        data = data[tuple(window)]
    return data


def pad(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """Pad with a constant.  Raises TilewrightError for other modes."""
    data, pads, value = three(inputs)
    if attributes.get("mode", b"constant") != b"constant":
        raise TilewrightError(f"a Pad with mode {attributes['mode']!r} cannot be trained")
    return functional.pad(data, around([int(one) for one in pads]), value=0.0 if value is None else float(value))


def squeeze(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """Squeeze."""
    return torch.squeeze(first(inputs), tuple(_axes(inputs, attributes)))


def unsqueeze(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """Unsqueeze."""
    data = first(inputs)
    for axis in sorted(_axes(inputs, attributes)):
        data = data.unsqueeze(axis)
    return data


def reduce_mean(inputs: Tensors, attributes: Attributes) -> torch.Tensor:
    """ReduceMean; over all axes where none is named."""
    data = first(inputs)
    axes = tuple(_axes(inputs, attributes)) if len(inputs) > 1 or "axes" in attributes else tuple(range(data.dim()))
    return data.mean(axes, keepdim=bool(attributes.get("keepdims", 1)))


def _axes(inputs: Tensors, attributes: Attributes) -> list[int]:
    given = attributes.get("axes")
    return given if given is not None else [int(one) for one in second(inputs)]
