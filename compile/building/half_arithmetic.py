"""Compute in half precision, on a target that has instructions for it, as a Raspberry Pi 5's Cortex-A76."""

from __future__ import annotations

from typing import Any

from ..importing import ImportedModel
from ..targets import Target
from ..targets.half import computes_in_half
from ..tvm_stack import compiler

_SILENT = 2  # of operators that TVM has no rule for, which stay fp32: the unpacking of weights


def module_for(imported: ImportedModel, target: Target) -> Any:
    """The Relay module that `target` computes: in half precision where it has that and the model asks for it."""
    half = computes_in_half(imported.precision, target.features)
    return in_half(imported.module) if half else imported.module


def in_half(module: Any) -> Any:
    """The Relay `module` with fp16 between its inputs and outputs, which stay as they are.

    TVM leaves what needs the range in fp32: exponentials, and sums over many values.
    """
    tvm = compiler()
    from tvm.relay import transform

    phases = [transform.InferType(), transform.ToMixedPrecision("float16", _SILENT), transform.InferType()]
    with tvm.transform.PassContext(opt_level=3, config={"relay.ToMixedPrecision.keep_orig_output_dtype": True}):
        return tvm.transform.Sequential(phases)(module)
