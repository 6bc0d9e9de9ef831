"""Run an imported module as it is, before any layout or schedule of ours, and compare it with ONNX Runtime."""

from __future__ import annotations

import numpy as np

from ..accuracy import OutputAgreement, compare_all, require
from ..onnx_reference import OnnxReference
from ..sample_inputs import sample_inputs
from ..tvm_stack import compiler
from .imported import ImportedModel


def check_import(imported: ImportedModel) -> list[OutputAgreement]:
    """Signal-to-noise of every output on random and, where there is some, real input.

    Builds for this host without graph optimizations, whatever the target: quick, and independent of the schedules
    that the real build uses.  Raises CheckFailed below 60 dB.
    """
    samples = sample_inputs(imported)
    references = [OnnxReference(imported.onnx).run(inputs) for inputs in samples.values()]
    run = _reference_executor(imported)
    agreement = [
        one
        for (kind, inputs), reference in zip(samples.items(), references, strict=True)
        for one in compare_all(kind, run(inputs), reference)
    ]
    require(agreement, f"the import of {imported.source.origin}")
    return agreement


def _reference_executor(imported: ImportedModel):  # noqa: ANN202 - a local function
    tvm = compiler()
    from tvm import autotvm, relay
    from tvm.contrib import graph_executor

    host = tvm.get_global_func("target.llvm_get_system_cpu")()
    autotvm.GLOBAL_SCOPE.silent = True  # "not tuned" is what this build means to be
    with tvm.transform.PassContext(opt_level=0):
        library = relay.build(imported.module, tvm.target.Target(f"llvm -mcpu={host}"))
    executor = graph_executor.GraphModule(library["default"](tvm.cpu()))
    for name, array in imported.params.items():
        executor.set_input(name, array)

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        for name, array in inputs.items():
            executor.set_input(name, array)
        executor.run()
        return {spec.name: executor.get_output(index).numpy() for index, spec in enumerate(imported.outputs)}

    return run
