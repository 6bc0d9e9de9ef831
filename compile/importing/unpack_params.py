"""Store parameters in fewer bits: in the place of each comes what unpacks it, which `prepare.so` does at load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..storing import Stored
from ..storing.half import half_of
from ..storing.levels import levels_of
from ..tvm_stack import compiler


def unpack_params(
    module: Any, params: Mapping[str, np.ndarray], stored: Mapping[str, Stored]
) -> tuple[Any, dict[str, np.ndarray]]:
    """`module`, in which the parameters of `main` that `stored` names are computed from stored arrays.

    Returns the module and its parameters by name: `params`, and the stored arrays under the names of the weights.
    """
    if not stored:
        return module, dict(params)
    tvm = compiler()
    from tvm import relay

    main = module["main"]
    variables, unpacked = [], {}
    for variable in main.params:
        name = variable.name_hint
        if name in stored:
            array = stored[name].array
            variables.append(relay.var(name, shape=array.shape, dtype=str(array.dtype)))
            unpacked[variable] = stored[name].relay(variables[-1])
        else:
            variables.append(variable)
    function = relay.Function(variables, relay.bind(main.body, unpacked))
    arrays = {name: one.array for name, one in stored.items()}
    return relay.transform.InferType()(tvm.IRModule.from_expr(function)), {**params, **arrays}


def halves(params: Mapping[str, np.ndarray]) -> dict[str, Stored]:
    """Those of `params` that lose nothing as fp16."""
    return _found(half_of, {name: array for name, array in params.items() if array.ndim > 1})


def few_levels(params: Mapping[str, np.ndarray]) -> dict[str, Stored]:
    """Those of `params` that integer kernels multiply and whose levels have 4 bits or 2."""
    return _found(levels_of, params)


def _found(form: Callable[[np.ndarray], Stored | None], params: Mapping[str, np.ndarray]) -> dict[str, Stored]:
    tried = {name: form(array) for name, array in params.items()}
    return {name: one for name, one in tried.items() if one is not None}
