"""What importing hands to the next stage."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..accuracy import OutputAgreement, best, least_db, require
from ..precisions import is_by_relay
from ..tensor_spec import TensorSpec
from .source import Source


@dataclass(frozen=True)
class ImportedModel:
    """A model as Relay, with fixed shapes, folded, in its original layout, and checked against ONNX Runtime.

    `module` is a Relay IRModule whose `main` takes the inputs, then the parameters by name; `onnx` is the
    ONNX graph as it came, but for fixed shapes and fp32, serialized: the reference for all later checks; `onnx_bytes`
    is its size, of fp16 as it was.
    `precision` is "int8" for a graph with quantized tensors, "int8-dynamic" where their ranges are found at run time,
    "int4" where weights have 4 bits, "fp16" or "int4-weights" where most weights are stored so.  `quantization` is what
    the file says of how that was done.
    """

    source: Source
    module: Any
    params: dict[str, np.ndarray]
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    onnx: bytes
    onnx_bytes: int
    opset: int
    parameter_count: int
    macs: int
    notes: tuple[str, ...]
    precision: str = "fp32"
    agreement: tuple[OutputAgreement, ...] = ()
    quantization: dict[str, Any] = field(default_factory=dict)

    @property
    def stock_kernels(self) -> bool:
        """Whether TVM's own schedules are to build it, as those of relay.quantize, to compare with."""
        return is_by_relay(self.precision)

    def require(self, agreements: Iterable[OutputAgreement], what: str, features: Collection[str] = ()) -> None:
        """Raises CheckFailed where results differ from ONNX Runtime's by more than the precision accounts for.

        `features` are those of the CPU that it is built for.
        """
        least = least_db(self.precision, features)
        require(best(agreements) if self.precision == "int4" else agreements, what, least)

    @property
    def batch(self) -> int:
        """The first dimension of the first input; 1 for a scalar."""
        return self.inputs[0].shape[0] if self.inputs and self.inputs[0].shape else 1
