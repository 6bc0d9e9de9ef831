"""Run the calibration data through the fp32 network and keep statistics of every tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import TilewrightError
from ..onnx_reference import OnnxReference
from .statistics import BINS, Statistics

Pictures = Iterable[Mapping[str, np.ndarray]]


def observe(model: Any, pictures: Callable[[], Pictures], on_done: Callable[[int], None]) -> dict[str, Statistics]:
    """The statistics of each float tensor of the ONNX `model`, weights apart, by name.

    `pictures()` gives the inputs of each run anew: they are gone through twice, first for the extremes, then for the
    histograms between them.  `on_done` is told how many runs are done.  Raises TilewrightError where there is no
    picture, or a value that is no number.
    """
    names = float_tensors(model)
    reference = OnnxReference(with_all_outputs(model, names).SerializeToString())
    lows: dict[str, list[float]] = {name: [] for name in names}
    highs: dict[str, list[float]] = {name: [] for name in names}
    sums: dict[str, np.ndarray] = {}
    for number, inputs in enumerate(pictures(), 1):
        for name, values in _tensors(reference, inputs, names).items():
            if not np.isfinite(values).all():
                raise TilewrightError(f"calibration picture {number} makes {name!r} infinite or not a number")
            lows[name].append(float(values.min()))
            highs[name].append(float(values.max()))
            sums[name] = sums.get(name, 0) + _channel_means(values)
        on_done(number)
    runs = len(lows[names[0]])
    if not runs:
        raise TilewrightError("the calibration data is empty: one picture is needed at least, some hundred are good")
    counts = _count(reference, pictures, lows, highs, lambda done: on_done(runs + done))
    return {
        name: Statistics(np.array(lows[name]), np.array(highs[name]), counts[name], sums[name] / runs) for name in names
    }


def _count(
    reference: OnnxReference,
    pictures: Callable[[], Pictures],
    lows: Mapping[str, Sequence[float]],
    highs: Mapping[str, Sequence[float]],
    on_done: Callable[[int], None],
) -> dict[str, np.ndarray]:
    counts = {name: np.zeros(BINS, np.int64) for name in lows}
    for number, inputs in enumerate(pictures(), 1):
        for name, values in _tensors(reference, inputs, list(lows)).items():
            counts[name] += np.histogram(values, BINS, (min(lows[name]), max(highs[name])))[0]
        on_done(number)
    return counts


def float_tensors(model: Any) -> list[str]:
    """The names of the float32 inputs and of all float32 results, in order; shapes must be inferred."""
    from onnx import TensorProto

    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    known = [*graph.input, *graph.value_info, *graph.output]
    floats = {one.name for one in known if one.type.tensor_type.elem_type == TensorProto.FLOAT}
    names = [value.name for value in graph.input] + [name for node in graph.node for name in node.output]
    return [name for name in names if name in floats - weights]


def with_all_outputs(model: Any, names: Iterable[str]) -> Any:
    """A copy of `model` that returns these tensors as well."""
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    there = {value.name for value in [*copy.graph.output, *copy.graph.input]}
    copy.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in there)
    return copy


def _tensors(reference: OnnxReference, inputs: Mapping[str, np.ndarray], names: Sequence[str]) -> dict[str, np.ndarray]:
    found = {**inputs, **reference.run(inputs)}
    return {name: found[name] for name in names}


def _channel_means(values: np.ndarray) -> np.ndarray:
    axes = tuple(axis for axis in range(values.ndim) if axis != 1)
    return values.mean(axes, dtype=np.float64) if values.ndim > 1 else values.astype(np.float64)
