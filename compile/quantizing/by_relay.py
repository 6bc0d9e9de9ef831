"""TVM's own relay.quantize, as a second path to compare with: int8 by simulated rounding, scales as TVM chooses them.

It leaves the first convolution and the matrix products in fp32, as TVM does unless told otherwise, and is built with
TVM's own schedules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..importing import ImportedModel
from ..importing.lift_params import lift_params
from ..precisions import BY_RELAY
from ..progress import Progress, silent
from ..tvm_stack import compiler
from .calibration import calibration_data

# How relay.quantize finds the range of a tensor: one for all, or from what lies in it.
_MODES: dict[str, dict[str, Any]] = {
    "global": {"calibrate_mode": "global_scale", "global_scale": 8.0},
    "kl": {"calibrate_mode": "kl_divergence"},
    "percentile": {"calibrate_mode": "percentile"},
}
RELAY_PRECISIONS = tuple(BY_RELAY + mode for mode in _MODES)
_RUNS = 64  # TVM keeps every value of them
_LAYERS_AT_ONCE = 8


def quantize_by_relay(imported: ImportedModel, precision: str, progress: Progress = silent) -> ImportedModel:
    """An fp32 model as relay.quantize makes it integers; `onnx` stays the fp32 graph, which results are compared with.

    `precision` is one of RELAY_PRECISIONS.  Raises TilewrightError where there is no calibration data.
    """
    tvm = compiler()
    from tvm.relay import quantize, transform

    data = calibration_data(imported.source, imported.inputs, limit=_RUNS)
    progress(f"calibrating by {precision}")
    chosen = _MODES[precision.removeprefix(BY_RELAY)]
    # Scales of weights as powers of two, the default, need np.math, which NumPy no longer has.
    with quantize.qconfig(**chosen, weight_scale="max", calibrate_chunk_by=_LAYERS_AT_ONCE):
        module = tvm.IRModule.from_expr(imported.module["main"])
        integer = quantize.quantize(transform.InferType()(module), imported.params, dataset=data.first(_RUNS))
    module, params = lift_params(transform.InferType()(integer), {})
    note = {"recipe": {"method": precision, **chosen}, "calibration": data.origin}
    return replace(imported, module=module, params=params, precision=precision, quantization=note)
