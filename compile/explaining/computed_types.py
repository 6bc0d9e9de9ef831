"""The types that each layer with weights really computes in, read off the lowered network, and why."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..building.freeze_layout import Choose
from ..building.frozen_network import frozen_network
from ..importing import ImportedModel
from ..importing.attributes import get_attribute
from ..importing.input_shapes import infer_shapes
from ..importing.static_shapes import static_shapes
from ..precisions import is_by_relay
from ..quantizing.weights import INTEGER, WEIGHTED
from ..targets import Target
from ..tvm_stack import compiler

_Key = tuple[int, ...]  # filters and kernel: with the order in the graph, enough to tell layers apart


@dataclass(frozen=True)
class ComputedTypes:
    """A layer of the ONNX graph: `data`, `weight` and `sums` are the types that are multiplied and added up."""

    node: str
    operator: str
    data: str
    weight: str
    sums: str
    why: str


@dataclass(frozen=True)
class _Lowered:
    data: str
    weight: str
    sums: str


def computed_types(imported: ImportedModel, target: Target, choose: Choose | None) -> list[ComputedTypes]:
    """One for each convolution and matrix product of the ONNX graph, in its order, on any target."""
    import onnx

    graph = onnx.load_model_from_string(imported.onnx)
    infer_shapes(graph)
    waiting: dict[_Key, deque[_Lowered]] = defaultdict(deque)
    for key, types in _lowered(_lower(imported, target, choose)):
        waiting[key].append(types)
    shapes, recipe = static_shapes(graph.graph), imported.quantization.get("recipe", {})
    found = []
    for node in graph.graph.node:
        if node.op_type in (*WEIGHTED, *INTEGER) and (queue := waiting[_key(node, shapes)]):
            types = queue.popleft()
            found.append(ComputedTypes(node.name, node.op_type, **vars(types), why=_why(node, graph, recipe, types)))
    return found


def _lower(imported: ImportedModel, target: Target, choose: Choose | None) -> Any:
    """The network as it is built; where TVM's own passes choose the types, after these."""
    tvm = compiler()
    from tvm.relay import qnn, transform

    frozen = frozen_network(imported, target, choose)
    passes = [qnn.transform.Legalize(), qnn.transform.CanonicalizeOps(), transform.InferType()]
    with tvm.target.Target(target.tvm), tvm.transform.PassContext(opt_level=3):
        return tvm.transform.Sequential(passes)(frozen)


def _lowered(module: Any) -> Iterator[tuple[_Key, _Lowered]]:
    from tvm import ir, relay

    calls: list[Any] = []

    def visit(node: Any) -> None:
        if isinstance(node, relay.Call) and isinstance(node.op, ir.Op):
            calls.append(node)

    relay.analysis.post_order_visit(module["main"], visit)
    for call in calls:
        name = call.op.name
        if name.startswith("tilewright."):
            yield from _of_ours(call)
        elif "conv2d" in name or "dense" in name:
            types = _Lowered(*(str(one.checked_type.dtype) for one in (*call.args[:2], call)))
            outputs = int(call.checked_type.shape[-1]) if "dense" in name else int(call.attrs.channels)
            yield (outputs, *(() if "dense" in name else map(int, call.attrs.kernel_size))), types


def _of_ours(call: Any) -> Iterator[tuple[_Key, _Lowered]]:
    from ...schedules.layers import ExpandedDepthwise, MatrixProduct, Pool2d, from_key

    layer = from_key(call.attrs["layer"])
    if isinstance(layer, Pool2d):
        return
    types = _Lowered(layer.dtype, "int8" if layer.integer else layer.dtype, layer.out_dtype)
    for one in (layer.expansion, layer.depthwise) if isinstance(layer, ExpandedDepthwise) else (layer,):
        yield ((one.outputs,) if isinstance(one, MatrixProduct) else (one.filters, *one.kernel)), types


def _key(node: Any, shapes: dict[str, list[int]]) -> _Key:
    weight = shapes.get(node.input[1], [])
    if node.op_type in ("Gemm", "MatMul", "MatMulInteger"):
        return (weight[0] if get_attribute(node, "transB", 0) else weight[-1],) if weight else ()
    if node.op_type == "ConvTranspose":
        return (weight[1] * get_attribute(node, "group", 1), *weight[2:])
    return (weight[0], *weight[2:]) if weight else ()


def _why(node: Any, graph: Any, recipe: dict[str, Any], types: _Lowered) -> str:
    if types.data in ("uint8", "int8"):
        return "as quantized"
    producers = {name: one for one in graph.graph.node for name in one.output}
    pairs = [producers.get(name) for name in node.input[:2]]
    quantized = node.op_type in INTEGER or all(one and one.op_type == "DequantizeLinear" for one in pairs)
    if types.data in ("int16", "int32"):
        return f"widened by TVM: no kernel of its for this target multiplies 8 bits in such a {_kind(node)}"
    if is_by_relay(str(recipe.get("method"))):
        return "left in fp32 by relay.quantize"
    if not quantized:
        kept = any(node.name.startswith(name) or node.op_type == name for name in recipe.get("keep", ()))
        return "kept by the recipe" if kept else "its operands are not quantized in the file"
    if node.op_type == "ConvTranspose":
        return "its data has a zero point, or its windows overlap"
    return f"no kernel on integers for such a {_kind(node)}"


def _kind(node: Any) -> str:
    if node.op_type in ("Gemm", "MatMul", "MatMulInteger"):
        return "matrix product"
    groups = get_attribute(node, "group", 1)
    return "convolution" if groups == 1 else f"convolution of {groups} groups"
