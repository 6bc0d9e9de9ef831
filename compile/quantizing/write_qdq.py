"""Put the chosen ranges into the graph as QuantizeLinear and DequantizeLinear pairs, by ONNX Runtime's own tool."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from .four_bits import NOT_ON_INT4, level_types, wider_types, with_int4
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
    import onnx
    from onnxruntime.quantization import CalibrationMethod
    from onnxruntime.quantization.calibrate import TensorsData
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy = with_int4(copy) if recipe.four_bits else copy
    copy.metadata_props.add(key="onnx.infer", value="onnxruntime.quant")  # its own inference goes through a file
    kept = [node.name for node in copy.graph.node if node.name in recipe.keep or node.op_type in recipe.keep]
    weights, activations = level_types(recipe, recipe.weight_bits, recipe.activation_bits)
    operators = [name for name in OPERATORS if recipe.activation_bits == 8 or name not in NOT_ON_INT4]
    options = {
        "ActivationSymmetric": recipe.symmetric,
        "WeightSymmetric": True,
        "TensorQuantOverrides": wider_types(copy, recipe),
    }
    values: dict[str, Any] = {name: (np.float32(one.low), np.float32(one.high)) for name, one in ranges.items()}
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)  # it warns on the root logger about what is meant here
    try:
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
    finally:
        logging.getLogger().setLevel(level)
    _drop_property(quantized, "onnx.infer")
    return quantized


def _drop_property(model: Any, key: str) -> None:
    kept = [entry for entry in model.metadata_props if entry.key != key]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
