"""Rewrite newer or rarer forms of ONNX operators into the older, equivalent ones that TVM's importer reads rightly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .attributes import append_attribute, drop_attributes, get_attribute, pop_attribute
from .refusal import cannot_import
from .static_shapes import static_shapes

_REDUCTIONS = ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")


@dataclass(frozen=True)
class _Graph:
    path: Path
    opset: int
    arrays: dict[str, np.ndarray]
    shapes: dict[str, list[int]]
    read: frozenset[str]  # every name that a node or the caller reads
    added: dict[str, np.ndarray]


def use_plain_forms(model: Any, path: Path, opset: int) -> None:
    """Rewrite `model` in place; constants must have been folded and shapes inferred.

    Raises TilewrightError for a form that TVM would import wrongly, such as an antialiased Resize.
    """
    from onnx import numpy_helper

    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    read = {name for node in model.graph.node for name in node.input} | {value.name for value in model.graph.output}
    graph = _Graph(path, opset, arrays, static_shapes(model.graph), frozenset(read), {})
    for node in model.graph.node:
        if node.op_type in _REWRITERS and node.domain in ("", "ai.onnx"):
            _REWRITERS[node.op_type](node, graph)
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in graph.added.items())


def _cast(node: Any, graph: _Graph) -> None:
    """`saturate` (opset 19) is about 8-bit floats only, which are refused elsewhere."""
    drop_attributes(node, "saturate", "round_mode")


def _dropout(node: Any, graph: _Graph) -> None:
    """The identity, with its ratio and seed of no use; a mask that somebody reads, or training, is refused."""
    if len(node.input) > 2 and node.input[2] and graph.arrays.get(node.input[2], np.True_):
        raise cannot_import(graph.path, node, graph.opset, "it is in training mode: export the model in eval mode")
    if len(node.output) > 1 and node.output[1] in graph.read:
        raise cannot_import(graph.path, node, graph.opset, "its mask is read: export the model in eval mode")
    del node.input[1:]
    del node.attribute[:]
    del node.output[1:]
    node.op_type = "Identity"


def _batchnorm(node: Any, graph: _Graph) -> None:
    """Statistics of the batch belong to training."""
    if get_attribute(node, "training_mode") or graph.read.intersection(filter(None, node.output[1:])):
        raise cannot_import(graph.path, node, graph.opset, "it is in training mode: export the model in eval mode")
    del node.output[1:]


def _split(node: Any, graph: _Graph) -> None:
    """`num_outputs` (opset 18) allows a shorter last part: write the sizes out."""
    shape = graph.shapes.get(node.input[0])
    given = pop_attribute(node, "num_outputs")
    if given is None or shape is None or len(node.input) > 1:
        return
    size = shape[get_attribute(node, "axis", 0)]
    part = -(-size // given)
    sizes = [max(0, min(part, size - part * index)) for index in range(given)]
    _set_input(node, 1, "sizes", np.array(sizes, np.int64), graph)


def _reduce(node: Any, graph: _Graph) -> None:
    """Of axes as an input (ReduceSum 13, the others 18) TVM reads only the first: make them an attribute again."""
    if len(node.input) < 2 or not node.input[1]:
        return
    axes = graph.arrays.get(node.input[1])
    if axes is None:
        raise cannot_import(graph.path, node, graph.opset, "its axes depend on the data")
    del node.input[1:]
    if axes.size:
        drop_attributes(node, "noop_with_empty_axes")
        append_attribute(node, "axes", axes.tolist())


def _pad(node: Any, graph: _Graph) -> None:
    """`axes` (opset 18): write zero pads for the others."""
    if len(node.input) < 4 or not node.input[3]:
        return
    shape, pads, axes = graph.shapes.get(node.input[0]), *(graph.arrays.get(node.input[i]) for i in (1, 3))
    if shape is None or pads is None or axes is None:
        raise cannot_import(graph.path, node, graph.opset, "its pads depend on the data")
    full = np.zeros((2, len(shape)), np.int64)
    full[:, axes] = pads.reshape(2, -1)
    del node.input[3:]
    _set_input(node, 1, "pads", full.ravel(), graph)


def _resize(node: Any, graph: _Graph) -> None:
    """TVM ignores what opset 18 added: axes and the aspect ratio are spelled out as sizes, antialias is refused."""
    if pop_attribute(node, "antialias"):
        raise cannot_import(graph.path, node, graph.opset, "antialias is not supported")
    axes, policy = pop_attribute(node, "axes"), pop_attribute(node, "keep_aspect_ratio_policy")
    if policy not in (None, b"stretch"):
        raise cannot_import(graph.path, node, graph.opset, f"keep_aspect_ratio_policy {policy.decode()} not supported")
    if axes is None:
        return
    shape = graph.shapes[node.input[0]]
    for index, full in ((2, np.ones(len(shape), np.float32)), (3, np.array(shape, np.int64))):
        if len(node.input) > index and node.input[index] in graph.arrays and graph.arrays[node.input[index]].size:
            full[list(axes)] = graph.arrays[node.input[index]]
            _set_input(node, index, "full", full, graph)


def _grid_sample(node: Any, graph: _Graph) -> None:
    """Opset 20 renamed the modes."""
    mode = pop_attribute(node, "mode") or b"linear"
    plain = {b"linear": b"bilinear", b"cubic": b"bicubic"}.get(mode, mode)
    append_attribute(node, "mode", plain)


_REWRITERS: dict[str, Callable[[Any, _Graph], None]] = {
    "BatchNormalization": _batchnorm,
    "Cast": _cast,
    **{f"Reduce{kind}": _reduce for kind in _REDUCTIONS},
    "Dropout": _dropout,
    "Split": _split,
    "Pad": _pad,
    "Resize": _resize,
    "GridSample": _grid_sample,
}


def _set_input(node: Any, index: int, role: str, array: np.ndarray, graph: _Graph) -> None:
    name = f"{node.output[0]}.{role}"
    node.input.extend([""] * (index + 1 - len(node.input)))
    node.input[index] = name
    graph.added[name] = array
