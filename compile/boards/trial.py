"""The smallest Bundle: one dense layer, to see whether code built here runs there."""

from __future__ import annotations

from pathlib import Path

from ..pipeline import compile_model


def trial_bundle(path: Path, target: str) -> Path:
    """Build a dense layer of 16 values for `target` at `path`.  Raises what compile_model raises."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weight = numpy_helper.from_array(np.eye(16, dtype=np.float32), "weight")
    node = helper.make_node("MatMul", ["input", "weight"], ["output"])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 16]) for name in ("input", "output")]
    model = helper.make_model(
        helper.make_graph([node], "trial", ends[:1], ends[1:], [weight]), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 8
    file = path.with_suffix(".onnx")
    onnx.save(model, file)
    compile_model(file, path, target=target)
    return path
