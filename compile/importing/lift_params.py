"""Take the weights out of a Relay module, so that they travel beside the code and are packed once, at load."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tvm_stack import compiler


def lift_params(module: Any, initializers: dict[str, np.ndarray]) -> tuple[Any, dict[str, np.ndarray]]:
    """Replace every constant tensor of `main` by a variable; scalars stay, since operators specialize on them, and so
    do the scales and zero points of quantized tensors, and constants that are outputs themselves.

    A parameter that equals an ONNX initializer keeps its name and shape; one that folding changed is `folded-N`.
    Returns the module and the parameters by name, in the order of their first use.
    """
    tvm = compiler()
    from tvm import relay

    known = {_key(array): (name, array.shape) for name, array in initializers.items()}
    params: dict[str, np.ndarray] = {}
    variables: list[Any] = []

    main = module["main"]
    outputs = set(main.body.fields) if isinstance(main.body, relay.Tuple) else {main.body}

    class Lifter(relay.ExprMutator):
        def visit_call(self, call: Any) -> Any:
            if not getattr(call.op, "name", "").startswith("qnn."):
                return super().visit_call(call)
            data, *others = call.args
            visited = [one if _is_meaning(one) else self.visit(one) for one in others]
            return relay.Call(call.op, [self.visit(data), *visited], call.attrs, call.type_args, call.span)

        def visit_constant(self, const: Any) -> Any:
            array = const.data.numpy()
            if array.ndim == 0 or const in outputs:
                return const
            name, shape = known.get(_key(array), ("", array.shape))
            if not name or name in params:
                name, shape = f"folded-{len(params)}", array.shape
            params[name] = array.reshape(shape)
            variables.append(relay.var(name, shape=shape, dtype=str(array.dtype)))
            return variables[-1] if shape == array.shape else relay.reshape(variables[-1], array.shape)

    body = Lifter().visit(main.body)
    lifted = tvm.IRModule.from_expr(relay.Function([*main.params, *variables], body))
    return relay.transform.InferType()(lifted), params


def _is_meaning(expr: Any) -> bool:
    """Whether an operand of a qnn operator is a constant scale or zero point."""
    from tvm import relay

    return isinstance(expr, relay.Constant) and expr.data.numpy().ndim <= 1


def _key(array: np.ndarray) -> tuple[Any, ...]:
    """Equal for arrays of the same values, whatever the singleton axes folding put around them."""
    shape = tuple(size for size in array.shape if size != 1)
    return (shape, str(array.dtype), hash(array.tobytes()))
