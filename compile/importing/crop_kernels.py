"""Cut off what of a convolution's kernel only ever sees padding.

Deep down a network that is given small pictures, they have a pixel or two: of a 3x3 kernel with a border of one, one
tap in nine meets a single pixel, and all nine would be read from memory.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from .attributes import append_attribute, drop_attributes, get_attribute
from .static_shapes import static_shapes


def crop_kernels(model: Any) -> None:
    """Crop them in an onnx.ModelProto, in place, with their pads; constants must have been folded, shapes inferred.

    A weight may be quantized; one that others read as well, or in blocks with scales of their own, is left whole.
    """
    graph = model.graph
    shapes = static_shapes(graph)
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    uses = Counter(name for node in graph.node for name in node.input)
    dequantized = {node.output[0]: node for node in graph.node if node.op_type == "DequantizeLinear"}
    for node in graph.node:
        if node.op_type != "Conv" or node.input[0] not in shapes or uses[node.input[1]] != 1:
            continue
        pair = dequantized.get(node.input[1])
        name = node.input[1] if pair is None else pair.input[0]
        if name in tensors and uses[name] == 1 and (pair is None or not get_attribute(pair, "block_size", 0)):
            _crop(node, shapes[node.input[0]][2:], tensors[name])
            _forget_shape(graph, node.input[1])


def _crop(node: Any, sizes: list[int], tensor: Any) -> None:
    from onnx import numpy_helper

    kernel, rank = list(tensor.dims)[2:], len(sizes)
    if get_attribute(node, "auto_pad", b"NOTSET") != b"NOTSET" or len(kernel) != rank:
        return
    strides, dilations = (get_attribute(node, name, [1] * rank) for name in ("strides", "dilations"))
    pads = list(get_attribute(node, "pads", [0] * 2 * rank))
    kept = []
    for axis in range(rank):
        begin, end = pads[axis], pads[axis + rank]
        first, last = _kept(sizes[axis], kernel[axis], strides[axis], dilations[axis], begin, end)
        pads[axis] -= first * dilations[axis]
        pads[axis + rank] -= (kernel[axis] - 1 - last) * dilations[axis]
        kept.append(slice(first, last + 1))
    if all(one.stop - one.start == taps for one, taps in zip(kept, kernel, strict=True)):
        return
    cropped = numpy_helper.to_array(tensor)[(slice(None), slice(None), *kept)]
    tensor.CopyFrom(numpy_helper.from_array(cropped, tensor.name))
    drop_attributes(node, "pads", "kernel_shape")
    append_attribute(node, "pads", pads)
    append_attribute(node, "kernel_shape", [one.stop - one.start for one in kept])


def _kept(size: int, taps: int, stride: int, dilation: int, begin: int, end: int) -> tuple[int, int]:
    """The first and the last tap that are kept: all that see the picture, and no more cut off than there is padding."""
    results = (size + begin + end - dilation * (taps - 1) - 1) // stride + 1
    seeing = [
        tap
        for tap in range(taps)
        if any(0 <= result * stride + tap * dilation - begin < size for result in range(results))
    ]
    if not seeing:
        return 0, taps - 1
    return min(seeing[0], begin // dilation), max(seeing[-1], taps - 1 - end // dilation)


def _forget_shape(graph: Any, name: str) -> None:
    kept = [one for one in graph.value_info if one.name != name]
    del graph.value_info[:]
    graph.value_info.extend(kept)
