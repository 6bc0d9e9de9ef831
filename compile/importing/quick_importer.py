"""TVM's ONNX importer in linear time.

At each node it infers the types of all nodes before, and folds constants in all of them; each constant that it folds is
built as a kernel of its own, the zero point of every quantized tensor too.  MobileNetV2 on integers took 23 s.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quick_importer() -> Iterator[None]:
    """While an ONNX graph is converted: types are remembered, and only what depends on no input is folded.

    Calls do not say which node they came from: that copies each of them, and nobody asks.

    The graph's own constants were folded before (`fold_constants.py`), what is left is at the end (`simplify.py`).
    """
    from tvm import relay
    from tvm.relay.frontend import common, onnx

    def infer_type(node: Any, mod: Any = None) -> Any:
        if mod is not None:
            return common.infer_type(node, mod)
        relay.transform.InferTypeLocal(node)
        return node

    def infer_shape(inputs: Any, mod: Any = None) -> Any:
        found = infer_type(inputs, mod).checked_type
        return common.get_const_tuple(found.shape) if hasattr(found, "shape") else found

    def fold_constant(node: Any, mod: Any = None) -> Any:
        if isinstance(node, relay.Constant) or relay.analysis.free_vars(node):
            return node
        return common.fold_constant(node, mod)

    def set_span(node: Any, span: Any) -> Any:
        return node

    ours = {one.__name__: one for one in (infer_type, infer_shape, fold_constant, set_span)}
    ours["_get_convert_map"] = functools.cache(onnx._get_convert_map)  # a hundred converters, looked up at each node
    theirs = {name: getattr(onnx, name) for name in ours}
    _set(onnx, ours)
    try:
        yield
    finally:
        _set(onnx, theirs)


def _set(module: Any, functions: dict[str, Any]) -> None:
    for name, function in functions.items():
        setattr(module, name, function)


def with_plain_casts(expr: Any) -> Any:
    """`expr`, a qnn operator's casts of constants being constants."""
    from tvm import relay

    if not isinstance(expr, relay.Call) or not getattr(expr.op, "name", "").startswith("qnn."):
        return expr
    arguments = [_cast(one) for one in expr.args]
    return relay.Call(expr.op, arguments, expr.attrs, expr.type_args, expr.span)


def _cast(expr: Any) -> Any:
    from tvm import relay

    if not isinstance(expr, relay.Call) or getattr(expr.op, "name", "") != "cast":
        return expr
    (value,) = expr.args
    return relay.const(value.data.numpy().astype(expr.attrs.dtype)) if isinstance(value, relay.Constant) else expr
