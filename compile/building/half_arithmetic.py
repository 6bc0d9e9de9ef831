"""Compute in half precision, on a target that has instructions for it, as a Raspberry Pi 5's Cortex-A76."""

from __future__ import annotations

from typing import Any

from ..tvm_stack import compiler

_SILENT = 2  # of operators that TVM has no rule for, which stay fp32: the unpacking of weights


def in_half(module: Any) -> Any:
    """The Relay `module` with fp16 between its inputs and outputs, which stay as they are.

    TVM leaves what needs the range in fp32: exponentials, and sums over many values.
    """
    tvm = compiler()
    from tvm.relay import transform

    phases = [transform.InferType(), transform.ToMixedPrecision("float16", _SILENT), transform.InferType()]
    with tvm.transform.PassContext(opt_level=3, config={"relay.ToMixedPrecision.keep_orig_output_dtype": True}):
        return tvm.transform.Sequential(phases)(module)
