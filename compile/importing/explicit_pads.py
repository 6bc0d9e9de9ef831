"""Replace ONNX's auto_pad by the pads it stands for.

Relay's importer computes auto_pad in the graph, with an integer floor-division by a non-constant that this TVM
cannot vectorize (LLVM 22 refuses it), inside a constant folder that no PassContext reaches.
"""

from __future__ import annotations

from typing import Any

from .static_shapes import static_shapes

_PADDED = {"Conv", "ConvInteger", "QLinearConv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool"}


def make_pads_explicit(model: Any) -> None:
    """Rewrite every convolution and pooling with auto_pad, in place; shapes must have been inferred.

    The formulas are those of the ONNX operator specification (Conv, ConvTranspose, MaxPool).
    """
    from onnx import helper

    shapes = static_shapes(model.graph)
    for node in model.graph.node:
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        mode = attributes.pop("auto_pad", b"NOTSET").decode()
        if node.op_type not in _PADDED or mode == "NOTSET":
            continue
        pads = _pads(node, mode, attributes, shapes)
        if pads is None:
            continue  # an unknown shape: leave it to Relay, which says what it cannot do
        attributes["pads"] = pads
        if node.op_type == "ConvTranspose":
            attributes.pop("output_shape", None)
        del node.attribute[:]
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())


def _pads(node: Any, mode: str, attributes: dict[str, Any], shapes: dict[str, list[int]]) -> list[int] | None:
    """[begin of each axis..., end of each axis...], or None when a shape is not known."""
    data = shapes.get(node.input[0])
    weight_input = 3 if node.op_type == "QLinearConv" else 1
    kernel = attributes.get("kernel_shape") or shapes.get((list(node.input) + [""] * 4)[weight_input], [])[2:]
    if data is None or not kernel:
        return None
    rank = len(kernel)
    strides = attributes.get("strides", [1] * rank)
    dilations = attributes.get("dilations", [1] * rank)
    extra = attributes.get("output_padding", [0] * rank)
    totals = []
    for size, k, stride, dilation, out_pad in zip(data[2:], kernel, strides, dilations, extra, strict=True):
        reach = dilation * (k - 1) + 1
        if mode == "VALID":
            totals.append(0)
        elif node.op_type == "ConvTranspose":  # the output is stride times the input
            totals.append(max(0, stride * (size - 1) + out_pad + reach - size * stride))
        else:
            totals.append(max(0, (-(-size // stride) - 1) * stride + reach - size))
    small = [total // 2 for total in totals]
    large = [total - half for total, half in zip(totals, small, strict=True)]
    return large + small if mode == "SAME_LOWER" else small + large
