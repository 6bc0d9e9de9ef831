"""Convert an ONNX graph with fixed shapes to Relay, node by node, so that a failure names its node."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ..errors import TilewrightError
from ..tvm_stack import compiler


def to_relay(model: Any, path: Path, opset: int) -> Any:
    """The Relay module of `model`: weights are constants, dynamic operators are made static where they can be.

    Raises TilewrightError with the operator, the node's name and the opset for what cannot be imported.
    """
    compiler()
    from tvm import relay

    _name_nodes(model.graph)
    _refuse_unknown_operators(model.graph, path, opset)
    # The importer logs and warns about what the pipeline itself decides (shapes, freezing).
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("te_compiler").setLevel(logging.ERROR)
        with _importer()({}, None, freeze_params=True, op_type_dict={}) as importer:
            importer.path = path
            module, _ = importer.from_onnx(model.graph, opset)
        module = relay.transform.DynamicToStatic()(module)
    _refuse_dynamic_shapes(module, path, opset)
    return module


def _name_nodes(graph: Any) -> None:
    """Older exporters leave names out; an error message and a profile need one."""
    for index, node in enumerate(graph.node):
        if not node.name:
            node.name = f"{node.op_type}_{index}"


def _refuse_unknown_operators(graph: Any, path: Path, opset: int) -> None:
    from tvm.relay.frontend import onnx as frontend

    known = {*frontend._get_convert_map(opset), *frontend._identity_list, "Constant"}
    for node in graph.node:
        foreign = node.domain not in ("", "ai.onnx") and node.op_type not in known
        if foreign or node.op_type not in known:
            raise _cannot_import(path, f"{node.domain}.{node.op_type}" if foreign else node.op_type, node.name, opset)


def _importer() -> type:
    """TVM's importer, made to say at which node it failed."""
    from tvm.relay.frontend.onnx import GraphProto

    class NamingImporter(GraphProto):
        path: Path

        def _construct_nodes(self, graph: Any) -> None:
            for node in graph.node:
                try:
                    super()._construct_nodes(SimpleNamespace(node=[node]))
                except TilewrightError:
                    raise
                except Exception as error:  # TVM raises assertions, KeyErrors and TVMErrors alike
                    raise _cannot_import(self.path, node.op_type, node.name, self.opset, error) from error

    return NamingImporter


def _refuse_dynamic_shapes(module: Any, path: Path, opset: int) -> None:
    from tvm import relay, tir

    dynamic: list[str] = []

    def visit(node: Any) -> None:
        if not isinstance(node, relay.Call) or not isinstance(getattr(node, "checked_type", None), relay.TensorType):
            return
        if any(isinstance(dim, tir.Any) for dim in node.checked_type.shape):
            dynamic.append(f"{node.op}" if not isinstance(node.op, relay.Function) else "a function")

    relay.analysis.post_order_visit(relay.transform.InferType()(module)["main"], visit)
    if dynamic:
        raise TilewrightError(
            f"{path}: operator {dynamic[0]} has a shape that depends on the data (opset {opset}): not supported"
        )


def _cannot_import(path: Path, operator: str, node: str, opset: int, error: Exception | None = None) -> TilewrightError:
    reason = "no importer for this operator"
    if error is not None:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        reason = f"{type(error).__name__}: {lines[-1]}"
    return TilewrightError(f"{path}: cannot import operator {operator} at node {node!r} (opset {opset}): {reason}")
