"""Choose every operator's layout for a target, once, before anything is built or tuned.

relay.build would do this by itself, but its choice can change with the tuning records at hand, and then records made
for one layout no longer match (TVM only warns "Cannot find workload").  A frozen graph is what tuning tasks are
extracted from and what is built, so both see the same layers.
"""

from __future__ import annotations

from typing import Any

from ..targets import Target
from ..tvm_stack import compiler

# relay.build must not choose again.
FROZEN_PASSES = ["AlterOpLayout"]


def freeze_layout(module: Any, target: Target) -> Any:
    """`module` with the target's layouts; packing a weight is an operator on the weight, for `split_preparation`."""
    tvm = compiler()
    from tvm.relay import transform

    phases = [transform.InferType(), transform.AlterOpLayout(), transform.SimplifyExpr(), transform.InferType()]
    with tvm.target.Target(target.tvm), tvm.transform.PassContext(opt_level=3):
        return tvm.transform.Sequential(phases)(module)
