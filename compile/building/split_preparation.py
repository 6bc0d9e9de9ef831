"""Split a Relay function in two: what depends on parameters alone, and the rest.

The first, the preparation, packs the weights into the layout that the kernels read; it runs once, when a Bundle is
loaded.  So a Bundle stores the weights as they came from the model, however much larger their packed form is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..tvm_stack import compiler


@dataclass(frozen=True)
class Preparation:
    """`main` takes the inputs, the untouched parameters by their names and the prepared ones as `prepared.N`.

    `prepare` returns the prepared parameters in order; None when there is nothing to prepare.
    """

    main: Any
    prepare: Any | None
    prepared: tuple[str, ...]


def split_preparation(module: Any, inputs: int) -> Preparation:
    """Split `main` of a type-checked module whose first `inputs` parameters are the network's inputs."""
    tvm = compiler()
    from tvm import relay

    main = module["main"]
    depends = _depends_on(main.body, set(main.params[:inputs]))
    prepared: list[Any] = []
    variables: list[Any] = []

    class Splitter(relay.ExprMutator):
        def visit(self, expr: Any) -> Any:
            if not isinstance(expr, (relay.Call, relay.TupleGetItem)) or depends[expr] or expr in self.memo_map:
                return super().visit(expr)
            prepared.append(expr)
            variables.append(relay.var(f"prepared.{len(variables)}", expr.checked_type))
            self.memo_map[expr] = variables[-1]
            return variables[-1]

    body = Splitter().visit(main.body)
    used = set(relay.analysis.free_vars(body))
    kept = [var for var in main.params[inputs:] if var in used]
    infer = relay.transform.InferType()
    split_main = infer(tvm.IRModule.from_expr(relay.Function([*main.params[:inputs], *kept, *variables], body)))
    packed = relay.Tuple(prepared)
    prepare = (
        infer(tvm.IRModule.from_expr(relay.Function(relay.analysis.free_vars(packed), packed))) if prepared else None
    )
    return Preparation(split_main, prepare, tuple(var.name_hint for var in variables))


def _depends_on(body: Any, inputs: set[Any]) -> dict[Any, bool]:
    """For every expression under `body`, whether it needs an input.  Constants and parameters do not."""
    from tvm import relay

    depends: dict[Any, bool] = {}

    def visit(expr: Any) -> None:
        if isinstance(expr, relay.Call):
            parts = [*expr.args, expr.op]
        elif isinstance(expr, relay.Tuple):
            parts = list(expr.fields)
        elif isinstance(expr, relay.TupleGetItem):
            parts = [expr.tuple_value]
        elif isinstance(expr, (relay.Var, relay.Constant)):
            parts = []
        else:  # an operator, or control flow, which stays where it is
            depends[expr] = not hasattr(expr, "name") and not isinstance(expr, relay.Function)
            return
        depends[expr] = expr in inputs or any(depends.get(part, False) for part in parts)

    relay.analysis.post_order_visit(body, visit)
    return depends
