"""Which module of the network each kernel call belongs to: that of the largest weight it reads, as names have it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..bundle.manifest import read_manifest
from ..importing.name_weights import module_path
from ..tvm_stack import runtime


def call_parts(bundle: Path) -> list[str]:
    """The module path of each call of the Bundle's graph, in order; a call without weights counts with its data's.

    "" where nothing says: the weights of a foreign file may have any name.
    """
    packed = _packed_from(bundle)
    graph = json.loads(runtime().runtime.load_module(str(bundle / "model.so"))["get_graph_json"]())
    first = graph["node_row_ptr"]
    shapes = graph["attrs"]["shape"][1]
    found: dict[int, str] = {}
    for index, node in enumerate(graph["nodes"]):
        if node["op"] == "null":
            continue
        used = [one[0] for one in node["inputs"]]
        weights = [one for one in used if graph["nodes"][one]["op"] == "null"]
        largest = sorted(weights, key=lambda one: -math.prod(shapes[first[one]]))
        names = [packed.get(graph["nodes"][one]["name"], graph["nodes"][one]["name"]) for one in largest]
        own = [path for name in names if (path := module_path(name))]
        found[index] = next(iter([*own, *(found[one] for one in used if found.get(one))]), "")
    return list(found.values())


def _packed_from(bundle: Path) -> Mapping[str, str]:
    """For each tensor that is packed at load, the weight that it is made of; the first of several."""
    names = read_manifest(bundle).prepared
    if not names:
        return {}
    graph = json.loads(runtime().runtime.load_module(str(bundle / "prepare.so"))["get_graph_json"]())
    return {name: _weight_of(graph, head[0]) for name, head in zip(names, graph["heads"], strict=True)}


def _weight_of(graph: Mapping[str, Any], index: int) -> str:
    node = graph["nodes"][index]
    while node["op"] != "null" and node["inputs"]:
        node = graph["nodes"][node["inputs"][0][0]]
    return node["name"]
