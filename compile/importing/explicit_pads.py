"""Replace ONNX's auto_pad, and the ceil_mode of poolings, by the pads they stand for.

Relay's importer computes auto_pad in the graph, with an integer floor-division by a non-constant that this TVM
cannot vectorize (LLVM 22 refuses it), inside a constant folder that no PassContext reaches.  Its ceil_mode counts a
last window that lies in the padding alone; ONNX's does not.
"""

from __future__ import annotations

from typing import Any

from .static_shapes import static_shapes

_PADDED = {"Conv", "ConvInteger", "QLinearConv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool"}


def make_pads_explicit(model: Any) -> None:
    """Rewrite every convolution and pooling with auto_pad or ceil_mode, in place; shapes must have been inferred.

    The formulas are those of the ONNX operator specification (Conv, ConvTranspose, MaxPool).
    """
    from onnx import helper

    shapes = static_shapes(model.graph)
    for node in model.graph.node:
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        mode = attributes.pop("auto_pad", b"NOTSET").decode()
        if node.op_type not in _PADDED or (mode == "NOTSET" and not _is_ceil(node, attributes)):
            continue
        pads = _pads(node, mode, attributes, shapes)
        if pads is None:
            continue  # an unknown shape: leave it to Relay, which says what it cannot do
        attributes["pads"] = pads
        attributes.pop("ceil_mode", None)
        if node.op_type == "ConvTranspose":
            attributes.pop("output_shape", None)
        del node.attribute[:]
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())


def _is_ceil(node: Any, attributes: dict[str, Any]) -> bool:
    """Whether a last, partial window counts; where pads count in the average too, this one does not: left to Relay."""
    averages_pads = node.op_type == "AveragePool" and attributes.get("count_include_pad", 0)
    return bool(attributes.get("ceil_mode", 0)) and not averages_pads


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
    reaches = [dilation * (k - 1) + 1 for k, dilation in zip(kernel, dilations, strict=True)]
    if mode == "NOTSET":
        return _ceil_pads(data[2:], reaches, strides, attributes.get("pads", [0] * 2 * rank))
    totals = []
    for size, reach, stride, out_pad in zip(data[2:], reaches, strides, extra, strict=True):
        if mode == "VALID":
            totals.append(0)
        elif node.op_type == "ConvTranspose":  # the output is stride times the input
            totals.append(max(0, stride * (size - 1) + out_pad + reach - size * stride))
        else:
            totals.append(max(0, (-(-size // stride) - 1) * stride + reach - size))
    small = [total // 2 for total in totals]
    large = [total - half for total, half in zip(totals, small, strict=True)]
    return large + small if mode == "SAME_LOWER" else small + large


def _ceil_pads(sizes: list[int], reaches: list[int], strides: list[int], pads: list[int]) -> list[int]:
    """Pads at the end that give, rounded down, as many windows as ceil_mode: all but one that starts in the padding."""
    ends = []
    for axis, (size, reach, stride) in enumerate(zip(sizes, reaches, strides, strict=True)):
        begin, end = pads[axis], pads[axis + len(sizes)]
        last = -(-(size + begin + end - reach) // stride)
        if last * stride >= size + begin:
            last -= 1
        ends.append(max(0, last * stride + reach - size - begin))
    return [*pads[: len(sizes)], *ends]
