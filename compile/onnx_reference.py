"""ONNX Runtime as the reference that every result is compared with."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .errors import TilewrightError


class OnnxReference:
    """An ONNX graph in ONNX Runtime on the CPU."""

    def __init__(self, model: bytes, threads: int = 0) -> None:
        """`threads` 0 leaves the count to ONNX Runtime.  Raises TilewrightError when it refuses the graph."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # errors only: warnings speak of its own graph clean-up
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # it is not timed, others may be
        if _quantizes_activations(model):
            # On x86 without VNNI its sums of two products of 8 bits saturate, unless it is told to be exact.  Where
            # only weights are quantized there are no such products, and being told so it fails (1.32).
            options.add_session_config_entry("session.x64quantprecision", "1")
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exception classes are generated at run time and share no public base
            raise TilewrightError(f"ONNX Runtime refuses the model: {str(error).splitlines()[0]}") from error

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """All outputs by name."""
        names = [output.name for output in self._session.get_outputs()]
        arrays = map(np.asarray, self._session.run(names, dict(inputs)))
        return dict(zip(names, arrays, strict=True))


def _quantizes_activations(model: bytes) -> bool:
    if b"QuantizeLinear" not in model:  # nor does DequantizeLinear have it, and most files need not be parsed
        return False
    import onnx

    graph = onnx.load_model_from_string(model).graph
    return any(node.op_type in ("QuantizeLinear", "DynamicQuantizeLinear") for node in graph.node)
