"""What was learned, put back into the graph that it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def put_values(graph: Any, values: Mapping[str, np.ndarray]) -> Any:
    """A copy of `graph` (onnx.ModelProto) with other `values` in the initializers of these names.

    Their types and shapes stay.
    """
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(graph)
    for tensor in copy.graph.initializer:
        if tensor.name in values:
            _put(tensor, values[tensor.name])
    return copy


def _put(tensor: Any, values: np.ndarray) -> None:
    from onnx import helper, numpy_helper

    dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    shaped = np.ascontiguousarray(values).reshape(tuple(tensor.dims)).astype(dtype)
    tensor.CopyFrom(numpy_helper.from_array(shaped, tensor.name))
