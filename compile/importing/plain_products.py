"""Integer convolutions and products as the floats that they stand for: for checking, on any target, at any level.

TVM has no integer kernel for some of them before its own passes have changed their types.
"""

from __future__ import annotations

from typing import Any

from ..tvm_stack import compiler


def with_plain_products(module: Any) -> Any:
    """`module` with every qnn.conv2d and qnn.dense of 32-bit sums in fp32: exact up to 2^24, rounded beyond."""
    tvm = compiler()
    from tvm import relay

    class Plain(relay.ExprMutator):
        def visit_call(self, call: Any) -> Any:
            name = getattr(call.op, "name", "")
            call = super().visit_call(call)
            if name not in ("qnn.conv2d", "qnn.dense"):
                return call
            data, weight, zero, weight_zero = (relay.cast(arg, "float32") for arg in call.args[:4])
            data, axes = relay.subtract(data, zero), 4 if name == "qnn.conv2d" else 2
            weight = relay.subtract(weight, relay.reshape(weight_zero, (-1, *[1] * (axes - 1))))  # one for all, or each
            return relay.cast(_product(name, call.attrs, data, weight), "int32")

    main = module["main"]
    changed = tvm.IRModule.from_expr(relay.Function(main.params, Plain().visit(main.body)))
    return relay.transform.InferType()(changed)


def _product(name: str, attrs: Any, data: Any, weight: Any) -> Any:
    from tvm import relay

    if name == "qnn.dense":
        return relay.nn.dense(data, weight, units=attrs.units)
    names = ("strides", "padding", "dilation", "groups", "channels", "kernel_size", "data_layout", "kernel_layout")
    return relay.nn.conv2d(data, weight, **{one: attrs[one] for one in names})
