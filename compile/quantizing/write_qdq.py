"""Put the chosen ranges into the graph as QuantizeLinear and DequantizeLinear pairs, by ONNX Runtime's own tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .four_bits import NOT_ON_INT4, level_types, wider_types, with_int4
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

    Weights are symmetric, int8 or int4 (then the copy is of opset 21); biases int32.  `recipe.keep` names nodes or
    operators that are left alone.
    """
    from onnxruntime.quantization import CalibrationMethod
    from onnxruntime.quantization.calibrate import TensorsData
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

    copy = marked_copy(model)
    copy = marked_copy(with_int4(copy)) if recipe.four_bits else copy
    kept = [node.name for node in copy.graph.node if node.name in recipe.keep or node.op_type in recipe.keep]
    weights, activations = level_types(recipe, recipe.weight_bits, recipe.activation_bits)
    operators = [name for name in OPERATORS if recipe.activation_bits == 8 or name not in NOT_ON_INT4]
    options = {
        "ActivationSymmetric": recipe.symmetric,
        "WeightSymmetric": True,
        "TensorQuantOverrides": wider_types(copy, recipe),
    }
    values: dict[str, Any] = {name: (np.float32(one.low), np.float32(one.high)) for name, one in ranges.items()}
    with without_warnings():
        quantizer = QDQQuantizer(
            copy,
            recipe.per_channel,
            recipe.weight_bits == 7,
            weights,
            activations,
            TensorsData(CalibrationMethod.MinMax, values),
            [],
            kept,
            operators,
            options,
        )
        quantized = quantizer.quantize_model()
        quantizer.model.topological_sort()
    drop_marks(quantized)
    return quantized
