"""Write weights in fewer bits into an ONNX graph, in ONNX's own types and operators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import TilewrightError
from ..importing.drop_unread import drop_unread
from ..storing import Form
from ..storing.scales import choose_scales

_OPSET, _IR_VERSION = 21, 10  # the first with int4 and with scales for blocks


def write_half(graph: Any, names: Iterable[str], origin: str) -> Any:
    """`graph`, an onnx.ModelProto, changed in place: initializers `names` in fp16, each behind a Cast.

    Raises TilewrightError for a weight that is too large for fp16.
    """
    from onnx import TensorProto, helper, numpy_helper

    tensors = {tensor.name: tensor for tensor in graph.graph.initializer}
    nodes = []
    for name in names:
        with np.errstate(over="ignore"):
            half = numpy_helper.to_array(tensors[name]).astype(np.float16)
        if not np.isfinite(half).all():
            raise TilewrightError(f"{origin}: {name!r} has values that fp16 does not hold (65,504 is its largest)")
        tensors[name].CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        nodes.append(helper.make_node("Cast", [f"{name}.half"], [name], f"{name}.widen", to=TensorProto.FLOAT))
    _put_first(graph, nodes)
    drop_unread(graph)
    return graph


def write_levels(
    graph: Any, weights: Mapping[str, tuple[np.ndarray, int]], form: Form, group: int | None, origin: str
) -> Any:
    """`graph` in opset 21, with the initializers `weights` in `form`, each behind a DequantizeLinear.

    `weights` are (values, the axis of the filters) by name; `group` None is a scale a filter.  int2 is stored as int4,
    since this opset has none: an import finds that two bits hold it.  Raises TilewrightError for a graph that ONNX
    cannot convert to the opset, and for weights that are not finite.
    """
    from onnx import numpy_helper

    graph = _to_opset(graph, origin)
    replaced, nodes = [], []
    for name, (weight, axis) in weights.items():
        if not np.isfinite(weight).all():
            raise TilewrightError(f"{origin}: {name!r} has values that are infinite or not a number")
        moved = np.moveaxis(weight, axis, 0)
        matrix = moved.reshape(len(moved), -1)
        blocked = group is not None and group < matrix.shape[1]
        levels, scales = choose_scales(matrix, form, group if blocked and group else matrix.shape[1])
        if blocked:
            nodes += _blocked(name, moved.shape, axis, group)
        else:
            levels, scales = np.moveaxis(levels.reshape(moved.shape), 0, axis), scales[:, 0]
            nodes.append(_dequantize(name, name, axis=axis))
        replaced += [(f"{name}.levels", levels.astype(_types()[form.name])), (f"{name}.scales", scales)]
    kept = [tensor for tensor in graph.graph.initializer if tensor.name not in weights]
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept + [numpy_helper.from_array(array, name) for name, array in replaced])
    _put_first(graph, nodes)
    drop_unread(graph)
    return graph


def _types() -> dict[str, Any]:
    import ml_dtypes

    return {"int8": np.int8, "int4": ml_dtypes.int4, "int2": ml_dtypes.int4, "float8": ml_dtypes.float8_e4m3fn}


def _blocked(name: str, moved: tuple[int, ...], axis: int, group: int | None) -> Iterator[Any]:
    """The nodes from (filters, inputs) levels and scales to the weight, whose shape is `moved` with filters at `axis`.

    A matrix is what ONNX has scales of blocks for.
    """
    from onnx import helper, numpy_helper

    steps = []
    if len(moved) > 2:
        steps.append(("Reshape", {}))
    if axis:
        order = list(range(1, len(moved)))
        order.insert(axis, 0)
        steps.append(("Transpose", {"perm": order}))
    names = [f"{name}.{index}" for index in range(len(steps))] + [name]
    yield _dequantize(name, names[0], axis=1, block_size=group)
    for (operator, attributes), data, result in zip(steps, names[:-1], names[1:], strict=True):
        inputs = [data] if operator == "Transpose" else [data, f"{name}.shape"]
        if operator == "Reshape":
            shape = numpy_helper.from_array(np.array(moved, np.int64))
            yield helper.make_node("Constant", [], [f"{name}.shape"], f"{name}.shape", value=shape)
        yield helper.make_node(operator, inputs, [result], f"{name}.{operator.lower()}", **attributes)


def _dequantize(name: str, result: str, **attributes: Any) -> Any:
    from onnx import helper

    inputs = [f"{name}.levels", f"{name}.scales"]
    return helper.make_node("DequantizeLinear", inputs, [result], f"{name}.unpack", **attributes)


def _put_first(graph: Any, nodes: Iterable[Any]) -> None:
    rest = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend([*nodes, *rest])


def _to_opset(graph: Any, origin: str) -> Any:
    from onnx import version_converter

    try:
        converted = version_converter.convert_version(graph, _OPSET)
    except RuntimeError as error:  # all that its C++ raises
        reason = str(error).splitlines()[0]
        raise TilewrightError(f"{origin}: ONNX cannot convert it to opset {_OPSET}: {reason}") from None
    converted.ir_version = max(converted.ir_version, _IR_VERSION)
    return converted
