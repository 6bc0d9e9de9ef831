"""Bring an ONNX file into the form that everything after works on: fp32, fixed shapes, folded, plain operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..storing import StoredWeight
from ..tensor_spec import TensorSpec
from .check_operators import refuse_unknown_operators
from .crop_kernels import crop_kernels
from .explicit_pads import make_pads_explicit
from .fold_batchnorm import fold_batchnorm
from .fold_constants import fold_constants
from .inline_functions import inline_functions
from .input_shapes import fix_input_shapes, graph_inputs
from .name_weights import name_weights
from .plain_forms import use_plain_forms
from .read_onnx import check_graph, opset_of, read_onnx
from .take_stored import take_stored
from .widen_fp16 import widen_fp16
from .widen_int4 import widen_int4

_QUANTIZED = {"QuantizeLinear", "DequantizeLinear", "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul"}
_WIDENED = "fp16 widened to fp32"


@dataclass(frozen=True)
class NormalModel:
    """`graph`, an onnx.ModelProto whose constants are evaluated and whose BatchNorm is folded.

    `reference` is the graph as it came, but for fixed shapes and fp32, serialized; `onnx_bytes` is its size, fp16 as it
    was; `notes` say what was done to it.
    `stored` are weights in fewer bits, which are inputs of `graph`, after its own; `int4` names the constants that had
    4 bits in the file, and have 8 now, and the same values.
    """

    graph: Any
    reference: bytes
    onnx_bytes: int
    opset: int
    notes: tuple[str, ...]
    stored: Mapping[str, StoredWeight] = field(default_factory=dict)
    int4: tuple[str, ...] = ()

    @property
    def widened(self) -> bool:
        """Whether it had half-precision numbers in it."""
        return _WIDENED in self.notes

    @property
    def precision(self) -> str:
        """int8 where tensors are quantized, int4 where some have 4 bits, int8-dynamic at run time, else fp32."""
        if any(node.op_type == "DynamicQuantizeLinear" for node in self.graph.graph.node):
            return "int8-dynamic"
        if self.int4:
            return "int4"
        return "int8" if quantized_node(self.graph) is not None else "fp32"

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """What a caller must give."""
        return tuple(_spec(value) for value in graph_inputs(self.graph) if value.name not in self.stored)


def quantized_node(graph: Any) -> Any | None:
    """The first node of an onnx.ModelProto that makes or reads integers; None in an fp32 graph."""
    return next((node for node in graph.graph.node if node.op_type in _QUANTIZED), None)


def is_quantized(path: Path) -> bool:
    """Whether the ONNX file at `path` has quantized tensors.  Raises TilewrightError as `read_onnx` does."""
    return quantized_node(read_onnx(path)) is not None


def normalize(graph: Any, path: Path, batch: int | None, shapes: Mapping[str, tuple[int, ...]]) -> NormalModel:
    """Normalize an onnx.ModelProto in place; `path` is what errors call it.

    `batch` fixes an open batch axis (1 by default), `shapes` any input's shape by name.  Raises TilewrightError for
    what cannot be imported.
    """
    opset = opset_of(graph, path)
    halves = graph.ByteSize()
    notes = [_WIDENED] if widen_fp16(graph) else []
    halves -= graph.ByteSize()
    fix_input_shapes(graph, path, batch, shapes)
    check_graph(graph, path)
    reference = graph.SerializeToString()
    fold_constants(graph)
    crop_kernels(graph)
    stored = take_stored(graph)
    int4 = widen_int4(graph)
    notes += [f"{len(int4)} 4-bit weights widened to 8"] if int4 else []
    inline_functions(graph, opset)
    refuse_unknown_operators(graph, path, opset)
    use_plain_forms(graph, path, opset)
    fold_batchnorm(graph)
    make_pads_explicit(graph)
    name_weights(graph)
    return NormalModel(graph, reference, len(reference) + halves, opset, tuple(notes), stored, int4)


def _spec(value: Any) -> TensorSpec:
    from onnx import helper

    kind = value.type.tensor_type
    shape = tuple(dim.dim_value for dim in kind.shape.dim)
    return TensorSpec(value.name, shape, str(helper.tensor_dtype_to_np_dtype(kind.elem_type)))
