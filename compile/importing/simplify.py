"""Target-independent clean-up of a Relay module: fold BatchNorm into convolutions, and constants into constants."""

from __future__ import annotations

from typing import Any

from ..tvm_stack import compiler


def simplify(module: Any) -> Any:
    """The module with BatchNorm folded, Dropout and no-ops gone and constants evaluated.  The layout stays NCHW."""
    tvm = compiler()
    from tvm.relay import transform

    phases = [
        # 1. inference only: BatchNorm becomes a scale and a shift, Dropout vanishes
        transform.InferType(),
        transform.SimplifyInference(),
        transform.FoldConstant(),
        # 2. scales move into the weights of the convolution before or behind them
        transform.FoldScaleAxis(),
        transform.FoldConstant(),
        # 3. one form for each operator (bias_add becomes add), no-ops removed, equal subgraphs shared
        transform.CanonicalizeOps(),
        transform.SimplifyExpr(),
        transform.EliminateCommonSubexpr(),
        transform.FoldConstant(),
        transform.InferType(),
    ]
    with tvm.transform.PassContext(opt_level=3):
        return tvm.transform.Sequential(phases)(module)
