"""A 1x1 convolution, its bias and activation, and the depthwise convolution after them: one kernel, where it pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...layers import Conv2d, ExpandedDepthwise
from ..expressions import elements, is_pointwise, shape_of
from ..sparse_weight import blocks_of
from ..values import Blocked, Joined


@dataclass(frozen=True)
class _Expansion:
    """What stands before a depthwise convolution: a 1x1 convolution of `data`, a bias, limits."""

    data: Any
    weight: Any
    bias: Any
    low: float | None
    high: float | None


def expanded_depthwise(conversion: Any, call: Any, depthwise: Conv2d) -> Blocked | None:
    """The nn.conv2d `call`, which is `depthwise`, together with its expansion; None where there is none to take in."""
    found = _match(conversion, call.args[0])
    if found is None or depthwise.dilations != (1, 1):
        return None
    data = conversion.blocked(found.data)
    layer = ExpandedDepthwise(
        batch=data.batch,
        channels=data.channels,
        height=data.height,
        width=data.width,
        filters=depthwise.filters,
        kernel=depthwise.kernel,
        strides=depthwise.strides,
        pads=depthwise.pads,
        low=found.low,
        high=found.high,
        in_block=data.block,
        out_block=depthwise.out_block,
    )
    weights = [conversion.plain(one) for one in (found.weight, found.bias, call.args[1])]
    result = conversion.computed(layer, data.expr, *weights)
    return None if result is None else Blocked(result, layer.batch, layer.filters, *layer.out_shape[2:])


def _match(conversion: Any, expr: Any) -> _Expansion | None:
    low, high, node = None, None, expr
    if not conversion.used_once(node):
        return None
    if _is(node, "clip"):
        low, high, node = float(node.attrs.a_min), float(node.attrs.a_max), node.args[0]
    elif _is(node, "nn.relu"):
        low, node = 0.0, node.args[0]
    if not _is(node, "add") or not conversion.used_once(node):
        return None
    conv, bias = node.args
    if not _is(conv, "nn.conv2d") or not conversion.used_once(conv) or not _pointwise(conversion, conv):
        return None
    if conversion.varies(bias) or elements(shape_of(bias)) != shape_of(conv)[1]:
        return None
    return _Expansion(conv.args[0], conv.args[1], bias, low, high)


def _is(expr: Any, name: str) -> bool:
    from tvm import relay

    return isinstance(expr, relay.Call) and getattr(expr.op, "name", "") == name


def _pointwise(conversion: Any, conv: Any) -> bool:
    still = not conversion.varies(conv.args[1]) and not isinstance(conversion.value(conv.args[0]), Joined)
    dense = blocks_of(conv.args[1]) is None  # sparse weights have a kernel of their own
    return still and dense and is_pointwise(conv)
