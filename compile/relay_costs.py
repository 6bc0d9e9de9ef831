"""Count the multiply-accumulates and the memory traffic of Relay functions, in any layout."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from .tvm_stack import compiler


def _convolution(call: Any) -> int:
    """Output elements times the weights that each sums over: correct for groups, depthwise and packed layouts."""
    return _size(call.checked_type) * _size(call.args[1].checked_type) // int(call.attrs.channels)


def _transposed_convolution(call: Any) -> int:
    """Every input element meets the weights of its channel once."""
    data, weight = (arg.checked_type for arg in call.args[:2])
    return _size(data) * (_size(weight) // int(weight.shape[0]))


def _product(call: Any) -> int:
    """Output elements times the length of the reduction (the last axis of the first operand)."""
    data = call.args[0].checked_type
    reduction = data.shape[-2] if getattr(call.attrs, "transpose_a", False) else data.shape[-1]
    return _size(call.checked_type) * int(reduction)


def _none(call: Any) -> int:
    """Elementwise operators, pooling and the like do not count."""
    return 0


_MACS: dict[str, Callable[[Any], int]] = {
    **dict.fromkeys(
        [
            "nn.conv1d",
            "nn.conv2d",
            "nn.conv3d",
            "nn.contrib_conv2d_NCHWc",
            "nn.contrib_depthwise_conv2d_NCHWc",
            "nn.contrib_conv2d_NCHWc_int8",
            "qnn.conv2d",
        ],
        _convolution,
    ),
    **dict.fromkeys(["nn.conv1d_transpose", "nn.conv2d_transpose", "nn.conv3d_transpose"], _transposed_convolution),
    **dict.fromkeys(["nn.dense", "nn.contrib_dense_pack", "nn.batch_matmul", "nn.matmul", "qnn.dense"], _product),
}


def total_macs(function: Any) -> int:
    """Multiply-accumulates of one call of a type-checked Relay function: convolutions and matrix products only.

    Our own operators count as a direct computation would.
    """
    return _total(function, "macs")


def total_work(function: Any) -> int:
    """Multiply-adds of the algorithms that our own operators use; `total_macs` of all others."""
    return _total(function, "work")


def _total(function: Any, stated: str) -> int:
    compiler()
    from tvm import ir, relay

    total = 0

    def visit(node: Any) -> None:
        nonlocal total
        if isinstance(node, relay.Call) and isinstance(node.op, ir.Op):
            ours = node.op.name.startswith("tilewright.")
            total += int(node.attrs[stated]) if ours else _MACS.get(node.op.name, _none)(node)

    relay.analysis.post_order_visit(function, visit)
    return total


def traffic_bytes(function: Any) -> int:
    """Bytes of all arguments and results: the least that one call moves when nothing is cached."""
    types = [*(param.checked_type for param in function.params), function.ret_type]
    return sum(_bytes(one) for each in types for one in (each.fields if hasattr(each, "fields") else [each]))


def _size(tensor_type: Any) -> int:
    return prod(int(dim) for dim in tensor_type.shape)


def _bytes(tensor_type: Any) -> int:
    import numpy as np

    return _size(tensor_type) * np.dtype(tensor_type.dtype).itemsize
