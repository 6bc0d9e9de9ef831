"""A Relay operator of our own: 8-bit levels, interpolated in fp32 as ONNX Runtime does, to the bit.

Between levels exact ties are common (one of 16 values at twice the size), and the rounding errors of fp32 decide them:
so the products are added in its order, and not fused with the sums (UpsampleBilinear,
onnxruntime/core/providers/cpu/tensor/upsample.h).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from . import register

MODES = ("half_pixel", "asymmetric", "align_corners")
Places = tuple[np.ndarray, np.ndarray]


def interpolated(levels: Any, scale: float, zero: int, rows: Places, columns: Places) -> Any:
    """The Relay call that gives (batch, channels / block, height, width, block) in float32 for `levels` so blocked.

    `rows` and `columns` are the result's, as from `places`.
    """
    import tvm
    from tvm import relay

    attributes = tvm.ir.make_node("DictAttrs", scale=scale, zero=zero)
    return relay.Call(_operator(), [levels, *(relay.const(one) for one in (*rows, *columns))], attributes)


def places(before: int, after: int, mode: str) -> Places:
    """For each of `after` results along one axis: the two places it lies between, int32, and their shares, float32.

    `mode` is one of MODES, as ONNX calls them.
    """
    at, ratio = np.arange(after, dtype="float32"), np.float32(after / before)
    if mode == "half_pixel":
        at = (at + np.float32(0.5)) / ratio - np.float32(0.5)
    elif mode == "asymmetric":
        at = at / ratio
    else:
        at = at * np.float32(before - 1) / np.float32(max(1, after - 1))
    at = np.clip(at, 0, before - 1).astype("float32")
    low = at.astype("int32")
    high = np.minimum(low + 1, before - 1).astype("int32")
    shares = np.where(low == high, np.float32(0.5), np.abs(np.stack([at - high, at - low])))
    return np.stack([low, high]), shares.astype("float32")


@functools.cache
def _operator() -> Any:
    """The operator, registered at its first use."""
    from tvm import relay

    def type_of(types: Any, attrs: Any) -> Any:
        levels, rows, _, columns, _ = types
        batch, blocks, _, _, block = levels.shape
        return relay.TensorType((batch, blocks, rows.shape[1], columns.shape[1], block), "float32")

    names = ["levels", "rows", "shares of rows", "columns", "shares of columns"]
    arguments: dict[str, str] = dict.fromkeys(names, "")
    return register.operator("interpolate_levels", "bilinear", arguments, type_of, "INJECTIVE", _strategy)


def _strategy(attrs: Any, inputs: Any, out_type: Any, target: Any) -> Any:
    from tvm import te, tir, topi

    from ..instructions import unfused

    scale, zero = tir.const(float(attrs["scale"]), "float32"), tir.const(int(attrs["zero"]), "int32")

    def compute(tensors: Any) -> list[Any]:
        levels, rows, row_shares, columns, column_shares = tensors

        def value(n: Any, c: Any, y: Any, x: Any, i: Any) -> Any:
            total = None
            for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
                level = levels[n, c, rows[row, y], columns[column, x], i].astype("int32") - zero
                share = column_shares[column, x] * row_shares[row, y]
                product = unfused(share * (level.astype("float32") * scale))
                total = product if total is None else total + product
            return total

        batch, blocks, _, _, block = levels.shape
        return [te.compute((batch, blocks, rows.shape[1], columns.shape[1], block), value, name="interpolate")]

    return register.implemented("interpolate_levels", compute, topi.x86.schedule_injective)
