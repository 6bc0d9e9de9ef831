"""Target-independent clean-up of a Relay module: no Dropout, one form for each operator, constants evaluated."""

from __future__ import annotations

from typing import Any

from ..tvm_stack import compiler


def simplify(module: Any) -> Any:
    """The module with BatchNorm and Dropout gone and constants evaluated.  The layout stays NCHW."""
    tvm = compiler()
    from tvm.relay import transform

    # Not FoldScaleAxis (17 s for DenseNet121: fold_batchnorm does it in ONNX) and not SimplifyExpr (9 s; both are
    # quadratic in the number of nodes).
    phases = [
        # 1. inference only: a BatchNorm that the ONNX passes left becomes a scale and a shift, Dropout vanishes
        transform.InferType(),
        transform.SimplifyInference(),
        # 2. one form for each operator: bias_add becomes add
        transform.CanonicalizeOps(),
        _reshape_constants(),
        transform.FoldExplicitPadding(),  # zeros before a convolution become its own
        # 3. equal subgraphs shared, constants evaluated
        transform.EliminateCommonSubexpr(),
        transform.FoldConstant(),
        transform.InferType(),
    ]
    with tvm.transform.PassContext(opt_level=3):
        return tvm.transform.Sequential(phases)(module)


def _reshape_constants() -> Any:
    """A pass that gives constants the axes CanonicalizeOps adds: FoldConstant would compile a kernel for each bias."""
    from tvm import relay

    class Reshaper(relay.ExprMutator):
        def visit_call(self, call: Any) -> Any:
            call = super().visit_call(call)
            if call.op != relay.op.get("expand_dims") or not isinstance(call.args[0], relay.Constant):
                return call
            array = call.args[0].data.numpy()
            axis = call.attrs.axis if call.attrs.axis >= 0 else call.attrs.axis + array.ndim + 1
            shape = (*array.shape[:axis], *[1] * call.attrs.num_newaxis, *array.shape[axis:])
            return relay.const(array.reshape(shape), str(array.dtype))

    @relay.transform.function_pass(opt_level=0, name="ReshapeConstants")
    def reshape_constants(function: Any, _module: Any, _context: Any) -> Any:
        return Reshaper().visit(function)

    return reshape_constants
