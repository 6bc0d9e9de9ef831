"""Spell out operators that TVM's importer lacks and that ONNX itself defines by simpler ones (GroupNormalization).

ONNX's operator schemas carry these definitions; onnx.inliner writes them into the graph.
"""

from __future__ import annotations

from typing import Any

from .check_operators import tvm_operators
from .fold_constants import fold_constants
from .input_shapes import infer_shapes


def inline_functions(model: Any, opset: int) -> None:
    """Rewrite `model` in place, with shapes inferred and constants folded again where anything was spelled out."""
    from onnx import inliner

    known = tvm_operators(opset)
    wanted = {node.op_type for node in model.graph.node if node.op_type not in known and _is_function(node, opset)}
    local = {(function.domain, function.name) for function in model.functions}
    if not wanted and not local:
        return
    _declare_weights(model.graph)
    identifiers = [*(("", name) for name in sorted(wanted)), *sorted(local)]
    model.CopyFrom(inliner.inline_selected_functions(model, identifiers, inline_schema_functions=True))
    infer_shapes(model)
    fold_constants(model)


def _declare_weights(graph: Any) -> None:
    """State the types of the initializers, which onnx.inliner looks for among the values only."""
    from onnx import helper

    declared = {value.name for value in [*graph.input, *graph.value_info]}
    graph.value_info.extend(
        helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
        for tensor in graph.initializer
        if tensor.name not in declared
    )


def _is_function(node: Any, opset: int) -> bool:
    import onnx

    if node.domain not in ("", "ai.onnx") or not onnx.defs.has(node.op_type, opset):
        return False
    schema: Any = onnx.defs.get_schema(node.op_type, opset)
    return schema.has_function or schema.has_context_dependent_function
