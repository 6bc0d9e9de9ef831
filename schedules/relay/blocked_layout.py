"""Bring a whole network into one layout, blocks of channels, and give every layer its kernel.

A tensor stays in blocks from the first convolution to the flattening at the end.  Each operator that knows what to do
with blocks has a handler; the others get their operands back as they were, which costs a copy and is rare inside a
vision network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..kernels import Candidate
from ..layers import Layer
from ..machines import Machine
from . import operators
from .expressions import shape_of
from .levels import Scaled, Sum
from .values import Blocked, Flat, Joined, block_of, blocked

Choose = Callable[[Layer], Candidate | None]
Value = Any  # Blocked, Joined, Flat, Scaled, Sum, or a Relay expression as it was
_FEW = 4  # channels of a picture
Handler = Callable[["Conversion", Any], Value | None]


class Conversion:
    """One function on its way into blocks: what each expression became."""

    def __init__(self, machine: Machine, choose: Choose, inputs: set[Any]) -> None:
        self.machine = machine
        self.choose = choose
        self._values: dict[Any, Value] = {}
        self._plain: dict[Any, Any] = {}
        self._floats: dict[Any, Any] = {}
        self._varies = set(inputs)
        self._uses: dict[Any, int] = {}

    def value(self, expr: Any) -> Value:
        """What `expr` became."""
        return self._values[expr]

    def plain(self, expr: Any) -> Any:
        """`expr` converted, in the layout it had."""
        value = self._values[expr]
        if isinstance(value, Scaled) and expr.checked_type.dtype == value.dtype:
            value = value.levels  # before it is dequantized
        if not isinstance(value, (Blocked, Joined, Flat, Scaled, Sum)):
            return value
        if expr not in self._plain:
            self._plain[expr] = value.plain()
        return self._plain[expr]

    def blocked(self, expr: Any) -> Blocked:
        """A (N, C, H, W) `expr` in blocks, in those it has if it has any; few channels are left as they lie."""
        value = self.floats(expr)
        if isinstance(value, Blocked):
            return value
        if isinstance(value, Joined):
            self._values[expr] = value.together()
            return self._values[expr]
        shape = shape_of(expr)
        block = 1 if shape[1] <= _FEW else block_of(shape[1], self.machine.channel_block)
        return blocked(self.plain(expr), shape, block)

    def floats(self, expr: Any) -> Value:
        """What `expr` became, with nothing left as integers that stand for something."""
        value = self._values[expr]
        if not isinstance(value, (Scaled, Sum)):
            return value
        if expr not in self._floats:
            self._floats[expr] = value.floats()
        return self._floats[expr]

    def used_once(self, expr: Any) -> bool:
        """Whether one operator only needs `expr`."""
        return self._uses.get(expr) == 1

    def varies(self, expr: Any) -> bool:
        """Whether `expr` depends on the network's inputs; weights do not."""
        return expr in self._varies

    def computed(self, layer: Layer, data: Any, *weights: Any) -> Any | None:
        """`layer` by the kernel that is chosen for it, `weights` being the model's own; None where none is chosen."""
        chosen = self.choose(layer)
        return None if chosen is None else operators.call(layer, chosen, self.machine.name, data, *weights)

    def convert(self, body: Any, handlers: dict[str, Handler]) -> Any:
        """`body` in blocks, its result as it was."""
        from tvm import ir, relay

        self._count_uses(body)

        def visit(expr: Any) -> None:
            if any(child in self._varies for child in _children(expr)):
                self._varies.add(expr)
            value = None
            if isinstance(expr, relay.Call) and isinstance(expr.op, ir.Op):
                handler = handlers.get(expr.op.name)
                value = handler(self, expr) if handler and expr in self._varies else None
            self._values[expr] = self._rebuilt(expr) if value is None else value

        relay.analysis.post_order_visit(body, visit)
        return self.plain(body)

    def _count_uses(self, body: Any) -> None:
        from tvm import relay

        self._uses[body] = 1

        def visit(expr: Any) -> None:
            for child in _children(expr):
                self._uses[child] = self._uses.get(child, 0) + 1

        relay.analysis.post_order_visit(body, visit)

    def _rebuilt(self, expr: Any) -> Any:
        """The same operator on the converted operands."""
        from tvm import relay

        if isinstance(expr, relay.Call):
            return relay.Call(expr.op, [self.plain(arg) for arg in expr.args], expr.attrs, expr.type_args, expr.span)
        if isinstance(expr, relay.Tuple):
            return relay.Tuple([self.plain(field) for field in expr.fields])
        if isinstance(expr, relay.TupleGetItem):
            return relay.TupleGetItem(self.plain(expr.tuple_value), expr.index)
        return expr


def _children(expr: Any) -> list[Any]:
    from tvm import relay

    if isinstance(expr, relay.Call):
        return list(expr.args)
    if isinstance(expr, relay.Tuple):
        return list(expr.fields)
    return [expr.tuple_value] if isinstance(expr, relay.TupleGetItem) else []


def to_blocks(module: Any, inputs: int, machine: Machine, choose: Choose) -> Any:
    """`module`, type-checked, with `main` in blocks; its first `inputs` parameters are the network's inputs.

    `choose` gives the candidate that computes a layer, or None to leave the layer to TVM.
    """
    import tvm
    from tvm import relay

    from .handlers import HANDLERS

    main = module["main"]
    conversion = Conversion(machine, choose, set(main.params[:inputs]))
    body = conversion.convert(main.body, HANDLERS)
    return relay.transform.InferType()(tvm.IRModule.from_expr(relay.Function(main.params, body)))
