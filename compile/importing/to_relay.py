"""Convert an ONNX graph with fixed shapes to Relay, node by node, so that a failure names its node."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ..errors import TilewrightError
from ..tvm_stack import compiler
from .integer_operators import CONVERTERS
from .quick_importer import quick_importer, with_plain_casts
from .refusal import cannot_import, reason_of


def to_relay(model: Any, path: Path, opset: int) -> Any:
    """The Relay module of `model`: weights are constants, dynamic operators are made static where they can be.

    Raises TilewrightError with the operator, the node's name and the opset for what cannot be imported.
    """
    compiler()
    # The importer logs and warns about what the pipeline itself decides (shapes, freezing).
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("te_compiler").setLevel(logging.ERROR)
        with quick_importer(), _importer()({}, None, freeze_params=True, op_type_dict={}) as importer:
            importer.path = path
            module, _ = importer.from_onnx(model.graph, opset)
        try:
            module = _made_static(module)
        except Exception as error:  # the importer is lazy: some nodes are only checked now
            node = _first_node(importer, model.graph, lambda types: False)
            raise cannot_import(path, node, opset, reason_of(error)) from error
    if _is_dynamic(module["main"].ret_type) or _has_dynamic_calls(module):
        node = _first_node(importer, model.graph, _is_dynamic)
        raise cannot_import(path, node, opset, "its shape depends on the data")
    return module


def _importer() -> type:
    """TVM's importer, made to say at which node it failed."""
    from tvm.relay.frontend.onnx import GraphProto

    class NamingImporter(GraphProto):
        path: Path
        opset: Any

        def _convert_operator(self, op_name: str, inputs: Any, attrs: Any, opset: int) -> Any:
            if op_name in CONVERTERS:
                return CONVERTERS[op_name](inputs, attrs, self._params)
            return with_plain_casts(super()._convert_operator(op_name, inputs, attrs, opset))

        def _construct_nodes(self, graph: Any) -> None:
            for node in graph.node:
                try:
                    super()._construct_nodes(SimpleNamespace(node=[node]))
                except TilewrightError:
                    raise
                except Exception as error:  # TVM raises assertions, KeyErrors and TVMErrors alike
                    raise cannot_import(self.path, node, self.opset, reason_of(error)) from error

    return NamingImporter


def _made_static(module: Any) -> Any:
    from tvm import relay
    from tvm.relay import transform

    dynamic: list[str] = []

    def visit(node: Any) -> None:
        if isinstance(node, relay.Call) and getattr(node.op, "name", "").startswith("dyn."):
            dynamic.append(node.op.name)

    relay.analysis.post_order_visit(module["main"], visit)
    return transform.InferType()(transform.DynamicToStatic()(module) if dynamic else module)


def _first_node(importer: Any, graph: Any, is_bad: Callable[[Any], bool]) -> Any:
    """The first node up to which the graph does not type-check, or has a type that `is_bad`: a binary search."""
    import tvm
    from tvm import relay

    def fails(count: int) -> bool:
        names = [name for node in graph.node[:count] for name in node.output if name in importer._nodes]
        outputs = relay.Tuple([importer._nodes[name] for name in names])
        function = relay.Function(relay.analysis.free_vars(outputs), outputs)
        try:
            return is_bad(_made_static(tvm.IRModule.from_expr(function))["main"].ret_type)
        except Exception:
            return True

    good, bad = 0, len(graph.node)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (good, middle) if fails(middle) else (middle, bad)
    return graph.node[bad - 1]


def _has_dynamic_calls(module: Any) -> bool:
    from tvm import relay

    found = []

    def visit(node: Any) -> None:
        if isinstance(node, relay.Call):
            found.append(_is_dynamic(node.checked_type))

    relay.analysis.post_order_visit(module["main"], visit)
    return any(found)


def _is_dynamic(checked_type: Any) -> bool:
    from tvm import relay, tir

    if isinstance(checked_type, relay.TupleType):
        return any(_is_dynamic(field) for field in checked_type.fields)
    return isinstance(checked_type, relay.TensorType) and any(isinstance(dim, tir.Any) for dim in checked_type.shape)
