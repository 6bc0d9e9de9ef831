"""How long each layer of a network takes, in fp32 and on integers, inside the network."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from ..building.kernels import describe_kernels
from ..importing import ImportedModel
from ..targets import Target
from ..tuning.choose import require_choice
from ..tuning.memory import as_built
from ..tuning.network_timer import NetworkTimer

Geometry = tuple[Any, ...]


@dataclass(frozen=True)
class Times:
    """Microseconds of each kind of layer, and of all kernels of the network."""

    layers: dict[Geometry, float]
    network: float


_FIELDS = ("channels", "height", "width", "filters", "kernel", "strides", "pads", "dilations", "groups")


def layer_times(imported: ImportedModel, target: Target, threads: int) -> Times:
    """By what a layer computes, whatever its type; a fused pair is shared out by its arithmetic.

    Raises TilewrightError for a target without a machine description.
    """
    timer = NetworkTimer(imported, target, as_built(require_choice(target), imported, target))
    keys = {one.name: one.layer for one in describe_kernels(timer.library.function_metadata)}
    taken: dict[Geometry, list[float]] = defaultdict(list)
    for name, microseconds in timer.profile(threads):
        for geometry, share in _parts(keys.get(name)):
            taken[geometry].append(share * microseconds)
    return Times({geometry: median(times) for geometry, times in taken.items()}, timer.network_us)


def _parts(key: str | None) -> list[tuple[Geometry, float]]:
    """(geometry, share of the time) of the layers that a kernel computes."""
    from ...schedules.layers import ExpandedDepthwise, from_key

    if key is None:
        return []
    layer = from_key(key)
    if not isinstance(layer, ExpandedDepthwise):
        return [(_geometry(json.loads(key)), 1.0)]
    halves = (layer.expansion, layer.depthwise)
    return [(_geometry(vars(half)), half.macs / layer.macs) for half in halves]


def _geometry(fields: Mapping[str, Any]) -> Geometry:
    if "inputs" in fields:
        return ("dense", fields["rows"], fields["inputs"], fields["outputs"])
    return tuple(tuple(one) if isinstance(one, list) else one for one in (fields.get(name) for name in _FIELDS))


def node_geometry(node: Any, shapes: Mapping[str, list[int]]) -> Geometry | None:
    """The geometry of an ONNX node with weights; None where a shape is not known."""
    from onnx import helper

    data, weight = shapes.get(node.input[0]), shapes.get(node.input[1])
    if data is None or weight is None:
        return None
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    if node.op_type == "Gemm":
        outputs, inputs = weight if attributes.get("transB", 0) else weight[::-1]
        return ("dense", data[0], inputs, outputs)
    if node.op_type == "ConvTranspose":
        kernel = tuple(weight[2:])
        return (*data[1:], weight[1], kernel, None, None, None, None)
    return (
        *(*data[1:], weight[0], tuple(weight[2:]), tuple(attributes.get("strides", (1, 1)))),
        *(tuple(attributes.get("pads", (0, 0, 0, 0))), tuple(attributes.get("dilations", (1, 1)))),
        attributes.get("group", 1),
    )
