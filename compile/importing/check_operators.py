"""Refuse the operators that nothing here can import, before any work is done on the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..tvm_stack import compiler
from .refusal import cannot_import

_CONTROL_FLOW = {"If", "Loop", "Scan"}  # Relay has them, but the executor of a Bundle does not


def name_nodes(graph: Any) -> None:
    """Give nodes without a name one, in place: error messages and profiles need it, older exporters leave it out."""
    for index, node in enumerate(graph.node):
        if not node.name:
            node.name = f"{node.op_type}_{index}"


def refuse_undefined_operators(model: Any, path: Path, opset: int) -> None:
    """Raises TilewrightError for an operator that neither ONNX defines at this opset nor TVM's importer knows."""
    import onnx

    foreign = tvm_operators(opset) if any(node.domain not in ("", "ai.onnx") for node in model.graph.node) else set()
    for node in model.graph.node:
        if node.domain in ("", "ai.onnx"):
            if not onnx.defs.has(node.op_type, opset):
                raise cannot_import(path, node, opset, "ONNX has no such operator in this opset")
        elif node.op_type not in foreign:
            raise cannot_import(path, node, opset, "no importer for this operator")


def refuse_unknown_operators(model: Any, path: Path, opset: int) -> None:
    """Raises TilewrightError for an operator that is still in the graph and that TVM's importer does not know."""
    known = tvm_operators(opset)
    for node in model.graph.node:
        if node.op_type in _CONTROL_FLOW:
            raise cannot_import(path, node, opset, "control flow that depends on the data is not supported")
        if node.op_type not in known:
            raise cannot_import(path, node, opset, "no importer for this operator")


def tvm_operators(opset: int) -> set[str]:
    """The operators that TVM's importer knows, of any domain."""
    compiler()
    from tvm.relay.frontend import onnx as frontend

    return {*frontend._get_convert_map(opset), *frontend._identity_list, "Constant"}
