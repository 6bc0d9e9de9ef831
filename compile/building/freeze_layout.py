"""Choose every operator's layout for a target, once, before anything is built or tuned.

relay.build would do this by itself, but its choice can change with the tuning records at hand, and then records made
for one layout no longer match (TVM only warns "Cannot find workload").  A frozen graph is what tuning tasks are
extracted from and what is built, so both see the same layers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...schedules import machines
from ..targets import Target
from ..tvm_stack import compiler

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer
    from ...schedules.machines import Machine

Choose = Callable[["Layer"], "Candidate | None"]

# relay.build must not choose again.
FROZEN_PASSES = ["AlterOpLayout"]


def freeze_layout(
    module: Any, target: Target, inputs: int, choose: Choose | None, machine: Machine | None = None
) -> Any:
    """`module` in the target's layouts; packing a weight is an operator on the weight, for `split_preparation`.

    For a machine with a description, our own layout and the kernels that `choose` picks; what they leave, and any
    other target (`choose` is None), gets TVM's.  `machine` may stand in for the target's own description.
    """
    tvm = compiler()
    from tvm.relay import transform

    if target.machine is not None and choose is not None:
        from ...schedules.relay import to_blocks

        module = to_blocks(module, inputs, machine or machines.get(target.machine), choose)
    else:
        module = transform.FakeQuantizationToInteger()(transform.InferType()(module))  # as TVM makes pairs integers
    phases = [transform.InferType(), transform.AlterOpLayout(), transform.SimplifyExpr(), transform.InferType()]
    with tvm.target.Target(target.tvm), tvm.transform.PassContext(opt_level=3):
        return tvm.transform.Sequential(phases)(module)
