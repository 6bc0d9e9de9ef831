"""Pooling, by our kernel; the forms it lacks work on blocks as they stand, only the layout's name changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...layers import FLOAT, Pool2d
from ..expressions import attributes, four, pair, shape_of
from ..levels import Averaged, Scaled
from ..values import Blocked, Flat, Joined


def pool(conversion: Any, call: Any) -> Blocked | Joined | Scaled | None:
    """nn.max_pool2d, nn.avg_pool2d, their global and adaptive forms; joined channels are pooled part by part."""
    value = conversion.value(call.args[0])
    if isinstance(value, Scaled):
        integer = _scaled(conversion, value, call)
        if integer is not None:
            return integer
    value = conversion.floats(call.args[0])
    parts = value.parts if isinstance(value, Joined) else (value,)
    if not all(isinstance(part, Blocked) and part.block > 1 for part in parts):
        return None
    dtype = str(call.args[0].checked_type.dtype)
    pooled = tuple(_by_kernel(conversion, part, _layer(part, call, dtype)) or _by_tvm(part, call) for part in parts)
    return Joined(pooled) if isinstance(value, Joined) else pooled[0]


def _scaled(conversion: Any, value: Scaled, call: Any) -> Blocked | Scaled | None:
    """The greatest levels, or the means of what they stand for."""
    from tvm import relay

    levels = value.blocked
    layer = _layer(levels, call)
    if layer is None or value.dtype == "int32" or isinstance(value.levels, Flat):
        return None
    if levels.block == 1:
        return _of_picture(conversion, value, call)
    layer = replace(layer, dtype=value.dtype)
    if layer.what == "max":
        pooled = _by_kernel(conversion, levels, layer)
        return None if pooled is None else replace(value, levels=pooled)
    if value.scale.ndim:
        return None
    if (layer.height, layer.width) == layer.kernel and not any(layer.pads):
        return _whole_picture(conversion, value, layer)
    meaning = (relay.const(value.scale, "float32"), relay.const(value.zero, value.dtype))
    pooled = _by_kernel(conversion, levels, layer, *meaning)
    return None if pooled is None else Averaged(**vars(pooled))


def _of_picture(conversion: Any, value: Scaled, call: Any) -> Blocked | Scaled | None:
    """Of few channels that lie as planes: as a block of all of them, for TVM's means round otherwise."""
    planes = value.blocked
    if not 1 < planes.channels <= conversion.machine.channel_block:
        return None
    pooled = _scaled(conversion, replace(value, levels=planes.reblocked(planes.channels)), call)
    if isinstance(pooled, Scaled):
        return replace(pooled, levels=pooled.blocked.reblocked(1))
    return None if pooled is None else pooled.reblocked(1)


def _whole_picture(conversion: Any, value: Scaled, layer: Pool2d) -> Scaled | None:
    """32-bit sums, which are exact, that stand for the means: so does ONNX Runtime."""
    pooled = _by_kernel(conversion, value.blocked, replace(layer, what="sum"))
    count = layer.kernel[0] * layer.kernel[1]
    scale = (value.scale / np.float32(count)).astype("float32")
    return None if pooled is None else Scaled(pooled, "int32", scale, value.zero * count)


def mean_of_pixels(conversion: Any, value: Blocked, rows: bool, columns: bool, dtype: str = FLOAT) -> Blocked | None:
    """The mean over all rows, all columns or both, which stay as one; None where the kernel does not do it."""
    window = (value.height if rows else 1, value.width if columns else 1)
    size = (value.batch, value.channels, value.height, value.width)
    return _by_kernel(conversion, value, Pool2d(*size, "mean", window, (1, 1), (0, 0, 0, 0), value.block, dtype))


def _by_kernel(conversion: Any, value: Blocked, layer: Pool2d | None, *meaning: Any) -> Blocked | None:
    result = None if layer is None else conversion.computed(layer, value.expr, *meaning)
    if layer is None or result is None:
        return None
    return replace(value, expr=result, height=layer.out_height, width=layer.out_width)


def _layer(value: Blocked, call: Any, dtype: str = FLOAT) -> Pool2d | None:
    attrs, name = attributes(call), call.op.name.removeprefix("nn.")
    what = "max" if "max" in name else "mean with pads" if attrs.get("count_include_pad") else "mean"
    size = (value.batch, value.channels, value.height, value.width)
    if "global" in name or ("adaptive" in name and shape_of(call)[2:] == (1, 1)):
        return Pool2d(*size, what, (value.height, value.width), (1, 1), (0, 0, 0, 0), value.block, dtype)
    if "adaptive" in name or attrs["ceil_mode"] or pair(attrs["dilation"]) != (1, 1):
        return None
    window = (pair(attrs["pool_size"]), pair(attrs["strides"]), four(attrs["padding"]))
    return Pool2d(*size, what, *window, value.block, dtype)


def _by_tvm(value: Blocked, call: Any) -> Blocked:
    from tvm import relay

    attrs = attributes(call) | {"layout": value.layout, "out_layout": ""}
    make = getattr(relay.nn, call.op.name.removeprefix("nn."))
    _, _, height, width = shape_of(call)
    return replace(value, expr=make(value.expr, **attrs), height=height, width=width)


_OPERATORS = ("max_pool2d", "avg_pool2d", "global_max_pool2d", "global_avg_pool2d", "adaptive_max_pool2d")
HANDLERS = dict.fromkeys([f"nn.{name}" for name in (*_OPERATORS, "adaptive_avg_pool2d")], pool)
