"""Give every graph input a fixed shape: as given, as the file says, or batch 1 where the file leaves it open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import TilewrightError

Shapes = Mapping[str, tuple[int, ...]]


def graph_inputs(model: Any) -> list[Any]:
    """The inputs a caller must give: older opsets list the initializers among the inputs too."""
    weights = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in weights]


def fix_input_shapes(model: Any, path: Path, batch: int | None, shapes: Shapes) -> None:
    """Write static shapes into `model`, in place, and infer all others from them.

    `shapes` wins over the file, by input name; `batch` replaces the first dimension of every input where the file
    leaves it open.  Raises TilewrightError for an unknown input name, a shape that contradicts the file, a fixed
    batch that differs, or an open dimension that nothing fixes.
    """
    import onnx

    inputs = {value.name: value for value in graph_inputs(model)}
    for name in shapes:
        if name not in inputs:
            raise TilewrightError(f"{path}: there is no input {name!r}, its inputs are {', '.join(inputs)}")
    for name, value in inputs.items():
        if not value.type.HasField("tensor_type"):
            raise TilewrightError(
                f"{path}: input {name!r} is no tensor but a {value.type.WhichOneof('value')}: refused"
            )
        dims = value.type.tensor_type.shape.dim
        fixed = [dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else None for dim in dims]
        if not value.type.tensor_type.HasField("shape") and name not in shapes:
            raise TilewrightError(f"{path}: input {name!r} has no shape: give it with --shape {name}:1,3,224,224")
        _write_shape(value, _choose(path, name, fixed, batch, shapes.get(name)))
    del model.graph.value_info[:]  # what the file inferred for open shapes may now be wrong
    for value in model.graph.output:
        for dim in value.type.tensor_type.shape.dim:
            dim.Clear()
    try:
        infer_shapes(model)
    except onnx.shape_inference.InferenceError as error:
        raise TilewrightError(f"{path}: its shapes do not fit together: {str(error).splitlines()[0]}") from None


def infer_shapes(model: Any) -> None:
    """Write the shapes that ONNX can infer into `model`, in place; a shape computed from constants counts."""
    import onnx

    model.CopyFrom(onnx.shape_inference.infer_shapes(model, strict_mode=False, data_prop=True))


def _choose(
    path: Path, name: str, fixed: list[int | None], batch: int | None, given: tuple[int, ...] | None
) -> tuple[int, ...]:
    if given is not None:
        clash = fixed and (
            len(given) != len(fixed) or any(f not in (None, g) for f, g in zip(fixed, given, strict=True))
        )
        if clash:
            raise TilewrightError(f"{path}: input {name!r} has shape {_text(fixed)} in the file, not {_text(given)}")
        return given
    if not fixed:
        return ()
    if batch is not None and fixed[0] not in (None, batch):
        raise TilewrightError(f"{path}: input {name!r} is fixed at batch {fixed[0]}: export it with an open batch axis")
    chosen = [fixed[0] or batch or 1, *fixed[1:]]
    if None in chosen:
        raise TilewrightError(f"{path}: input {name!r} has open dimensions {_text(fixed)}: give --shape {name}:...")
    return tuple(dim for dim in chosen if dim is not None)


def _write_shape(value: Any, shape: tuple[int, ...]) -> None:
    tensor_type = value.type.tensor_type
    del tensor_type.shape.dim[:]
    for size in shape:
        tensor_type.shape.dim.add().dim_value = size


def _text(shape: Any) -> str:
    return "(" + ", ".join("?" if dim is None else str(dim) for dim in shape) + ")"
