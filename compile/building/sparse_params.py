"""Weights that pruning has left mostly zero: in the place of each comes what a kernel for sparse weights reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..importing import ImportedModel
from ..targets import Target
from ..tvm_stack import compiler

# The most blocks that may be there, as a share of all, for the sparse kernel to be the faster one end to end
# (tests/benchmarks/sparse.py), with AVX2 and with AVX-512, whose vectors a block half fills.
DENSE_WORTH, CONV_WORTH = 0.6, 0.55


def with_sparse_params(imported: ImportedModel, target: Target) -> ImportedModel:
    """`imported`, the weights of its matrix products and 1x1 convolutions sparse where `target` is faster so.

    The parameter `w` becomes `w.values`, `w.places` and `w.starts` (schedules.sparse_blocks); what its weights were
    is computed from these, which kernels for sparse weights take in its place.  Only in fp32, and for a target with
    kernels of ours.
    """
    if imported.precision != "fp32" or target.machine is None:
        return imported
    tvm = compiler()
    from tvm import relay

    from ...schedules.relay.sparse_weight import sparse_weight

    main = imported.module["main"]
    multiples = {
        var: multiple
        for var, multiple in _weights(main).items()
        if _share(imported.params[var.name_hint]) <= (CONV_WORTH if multiple == 1 else DENSE_WORTH)
    }
    if not multiples:
        return imported
    params, variables, unpacked = dict(imported.params), [], {}
    for variable in main.params:
        if variable not in multiples:
            variables.append(variable)
            continue
        arrays = _arrays(variable.name_hint, params.pop(variable.name_hint), multiples[variable])
        made = [relay.var(name, shape=one.shape, dtype=str(one.dtype)) for name, one in arrays.items()]
        unpacked[variable] = sparse_weight(made, tuple(int(size) for size in variable.checked_type.shape))
        variables += made
        params |= arrays
    function = relay.Function(variables, relay.bind(main.body, unpacked))
    module = relay.transform.InferType()(tvm.IRModule.from_expr(function))
    return replace(imported, module=module, params=params)


def _weights(main: Any) -> dict[Any, int]:
    """The parameters that are weights of such layers alone, and of how many blocks each tile needs a multiple."""
    from tvm import relay

    from ...schedules.kernels.sparse_dense import STRANDS
    from ...schedules.relay.expressions import is_pointwise

    found: dict[Any, int] = {}
    others: set[Any] = set()

    def visit(expr: Any) -> None:
        if not isinstance(expr, relay.Call):
            return
        name = getattr(expr.op, "name", "")
        kind = STRANDS if name == "nn.dense" else 1 if name == "nn.conv2d" and is_pointwise(expr) else 0
        for place, argument in enumerate(expr.args):
            if kind and place == 1 and argument in parameters:
                found[argument] = kind
            else:
                others.add(argument)

    parameters = set(main.params)
    relay.analysis.post_order_visit(main.body, visit)
    return {var: kind for var, kind in found.items() if var not in others and var.checked_type.dtype == "float32"}


def _share(weight: np.ndarray) -> float:
    from ...schedules.sparse_blocks import share_of_blocks

    return share_of_blocks(weight.reshape(len(weight), -1))


def _arrays(name: str, weight: np.ndarray, multiple: int) -> dict[str, np.ndarray]:
    from ...schedules.sparse_blocks import sparse_blocks

    blocks = sparse_blocks(weight.reshape(len(weight), -1), multiple)
    return {f"{name}.{field}": array for field, array in vars(blocks).items()}
