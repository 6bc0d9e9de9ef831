"""Run an imported module as it is, before any layout or schedule of ours, and compare it with ONNX Runtime."""

from __future__ import annotations

import numpy as np

from ..accuracy import OutputAgreement, compare_all
from ..errors import TilewrightError
from ..onnx_reference import OnnxReference
from ..tvm_stack import BUILD_CONFIG, compiler
from .imported import ImportedModel
from .plain_products import with_plain_products
from .refusal import reason_of
from .sample_inputs import sample_inputs


def check_import(imported: ImportedModel) -> list[OutputAgreement]:
    """Signal-to-noise of every output on random and, where there is some, real input.

    Builds for this host without graph optimizations, whatever the target: quick, and independent of the schedules
    that the real build uses.  Raises CheckFailed as `imported.require` does.
    """
    samples = sample_inputs(imported)
    reference = OnnxReference(imported.onnx)
    try:
        references = [reference.run(inputs) for inputs in samples.values()]
    except Exception as error:  # its classes share no public base
        raise _fails(imported, "ONNX Runtime cannot run it on the check's input", error) from error
    try:
        run = _reference_executor(imported)
    except Exception as error:  # TVM raises assertions and TVMErrors alike
        raise _fails(imported, "TVM has no kernel for it", error) from error
    agreement = [
        one
        for (kind, inputs), reference in zip(samples.items(), references, strict=True)
        for one in compare_all(kind, run(inputs), reference)
    ]
    imported.require(agreement, f"the import of {imported.source.origin}")
    return agreement


def _fails(imported: ImportedModel, what: str, error: Exception) -> TilewrightError:
    return TilewrightError(f"{imported.source.origin}: {what} (opset {imported.opset}): {reason_of(error)}")


def _reference_executor(imported: ImportedModel):  # noqa: ANN202 - a local function
    tvm = compiler()
    from tvm import relay
    from tvm.contrib import graph_executor

    host = tvm.get_global_func("target.llvm_get_system_cpu")()
    target = tvm.target.Target(f"llvm -mcpu={host} -opt-level=0")  # LLVM's own level: builds in two thirds of the time
    with tvm.transform.PassContext(opt_level=0, config=BUILD_CONFIG):
        plain = relay.qnn.transform.CanonicalizeOps()(with_plain_products(imported.module))
        library = relay.build(plain, target)
    executor = graph_executor.GraphModule(library["default"](tvm.cpu()))
    for name, array in imported.params.items():
        executor.set_input(name, array)

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        for name, array in inputs.items():
            executor.set_input(name, array)
        executor.run()
        return {spec.name: executor.get_output(index).numpy() for index, spec in enumerate(imported.outputs)}

    return run
