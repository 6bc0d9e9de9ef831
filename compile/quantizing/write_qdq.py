"""Put the chosen ranges into the graph as QuantizeLinear and DequantizeLinear pairs, by ONNX Runtime's own tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .onnx_tool import drop_marks, marked_copy, without_warnings
from .recipe import Recipe
from .statistics import Range

# Operators that TVM and ONNX Runtime compute on integers.  The rest stays fp32, between a pair.
OPERATORS = (
    *("Conv", "ConvTranspose", "Gemm", "MatMul", "Add", "Concat", "Relu", "Clip"),
    *("MaxPool", "AveragePool", "GlobalAveragePool", "Resize"),
    *("Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Slice"),
)


def write_qdq(model: Any, ranges: Mapping[str, Range], recipe: Recipe) -> Any:
    """A copy of the ONNX `model` with every tensor of `ranges` quantized where an operator in `OPERATORS` meets it.

    Weights are symmetric, int8; biases int32.  `recipe.keep` names nodes or operators that are left alone.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantType
    from onnxruntime.quantization.calibrate import TensorsData
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

    copy = marked_copy(model)
    kept = [node.name for node in copy.graph.node if node.name in recipe.keep or node.op_type in recipe.keep]
    options = {"ActivationSymmetric": recipe.symmetric, "WeightSymmetric": True}
    values: dict[str, Any] = {name: (np.float32(one.low), np.float32(one.high)) for name, one in ranges.items()}
    activations = QuantType.QUInt8 if recipe.activations == "uint8" else QuantType.QInt8
    with without_warnings():
        quantizer = QDQQuantizer(
            copy,
            recipe.per_channel,
            recipe.weight_bits == 7,
            QuantType.QInt8,
            activations,
            TensorsData(CalibrationMethod.MinMax, values),
            [],
            kept,
            list(OPERATORS),
            options,
        )
        quantized = quantizer.quantize_model()
        quantizer.model.topological_sort()
    drop_marks(quantized)
    return quantized
