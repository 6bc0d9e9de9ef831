"""Layers as kernels see them: shapes and strides as data, hashable, the key of tuning records."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, get_args

from .conv2d import Conv2d
from .dense import Dense, MatrixProduct
from .expanded_depthwise import ExpandedDepthwise
from .pool2d import Pool2d
from .sparse_conv2d import SparseConv2d
from .sparse_dense import SparseDense
from .transposed_conv2d import TransposedConv2d
from .typed import FLOAT, FLOATS, HALF

Layer = Conv2d | ExpandedDepthwise | TransposedConv2d | Dense | Pool2d | SparseConv2d | SparseDense
_KINDS: dict[str, Any] = {one.__name__.lower(): one for one in get_args(Layer)}

__all__ = [
    "FLOAT",
    "FLOATS",
    "HALF",
    "Conv2d",
    "Dense",
    "ExpandedDepthwise",
    "Layer",
    "MatrixProduct",
    "Pool2d",
    "SparseConv2d",
    "SparseDense",
    "TransposedConv2d",
    "from_key",
    "kind",
    "to_key",
]


def kind(layer: Layer) -> str:
    """The name of the layer's type in keys and operators."""
    return type(layer).__name__.lower()


def to_key(layer: Layer) -> str:
    """One line of JSON, equal for equal layers; fp32 goes without saying."""
    fields = {"layer": kind(layer), **asdict(layer)}
    if layer.dtype == FLOAT:
        del fields["dtype"]
    return json.dumps(fields)


def from_key(key: str) -> Layer:
    """The layer that `to_key` wrote.  Raises ValueError, KeyError or TypeError for anything else."""
    fields = dict(json.loads(key))
    layer = _KINDS[fields.pop("layer")]
    values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in fields.items()}
    return layer(**values)
