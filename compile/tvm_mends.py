"""What TVM 0.19 does not get right beside the versions of onnx and LLVM that are installed here."""

from __future__ import annotations

import functools
import importlib.util
import sys
import types
from typing import Any


def mend_compiler() -> None:
    """Mend the compiler, which must be imported; a second time does nothing."""
    _shim_onnx_mapping()
    _cache_libinfo()
    _mend_vnni()
    _start_lean_workers()


def _shim_onnx_mapping() -> None:
    """Relay's importer reads `onnx.mapping`, which onnx 1.16 and later no longer have."""
    if "onnx.mapping" in sys.modules or importlib.util.find_spec("onnx") is None:
        return
    import onnx
    from onnx import helper

    mapping = types.ModuleType("onnx.mapping")
    known = [code for code in onnx.TensorProto.DataType.values() if code != onnx.TensorProto.UNDEFINED]
    mapping.TENSOR_TYPE_TO_NP_TYPE = {code: helper.tensor_dtype_to_np_dtype(code) for code in known}  # type: ignore[attr-defined]
    sys.modules["onnx.mapping"] = onnx.mapping = mapping  # type: ignore[attr-defined]


def _mend_vnni() -> None:
    """TVM gives VNNI's dot product vectors of int32, LLVM 22 wants bytes and ends the process over it: give it ours."""
    from tvm.topi.x86 import tensor_intrin

    tensor_intrin.dot_16x1x16_uint8_int8_int32_cascadelake = _vnni


def _vnni() -> Any:
    from ..schedules.instructions import dot, vpdpbusd

    lanes = 16
    return dot.intrinsic(vpdpbusd.DOT, lanes, "global")


def _cache_libinfo() -> None:
    """TVM asks for its build flags at every shape it lowers, and converts them all: 4 ms each time."""
    from tvm import support
    from tvm.relay.backend import te_compiler

    if te_compiler.libinfo is support.libinfo:
        te_compiler.libinfo = functools.cache(support.libinfo)


def _start_lean_workers() -> None:
    """See `LeanWorker`."""
    from tvm.contrib import popen_pool

    from .popen_worker import LeanWorker

    popen_pool.PopenWorker = LeanWorker
