"""Pack a Bundle's weights for its kernels.

TVM's executor would keep every weight, every step and every result at once, three times a VGG16; here a step's
operands are freed after their last use.
"""

from __future__ import annotations

import json
from typing import Any

from .memory import transient
from .weights import Empty, StoredWeights

_Entry = tuple[int, int]  # (node, which of its results)


def prepare(library: Any, names: tuple[str, ...], weights: StoredWeights, empty: Empty) -> dict[str, Any]:
    """The results of `library`, TVM's executor factory of the packing, by `names`, as TVM tensors made by `empty`."""
    graph = json.loads(library["get_graph_json"]())
    constants = library["get_graph_params"]()
    heads = [_entry(head) for head in graph["heads"]]
    last = {_entry(used): index for index, node in enumerate(graph["nodes"]) for used in node["inputs"]}
    last |= dict.fromkeys(heads, len(graph["nodes"]))
    values: dict[_Entry, Any] = {}

    def operand(entry: _Entry) -> Any:
        if entry not in values:
            name = graph["nodes"][entry[0]]["name"]
            values[entry] = constants[name] if name in constants else weights.read(name, transient)
        return values[entry]

    for index, node in enumerate(graph["nodes"]):
        if node["op"] == "null":
            continue  # a weight: read when it is needed
        used = [_entry(one) for one in node["inputs"]]
        place = empty if (index, 0) in heads else transient
        for number, result in enumerate(_call(library, graph, index, [operand(entry) for entry in used], place)):
            values[index, number] = result
        for entry in used:
            if last[entry] == index:
                values.pop(entry, None)
    return {name: operand(head) for name, head in zip(names, heads, strict=True)}  # some are constants as they are


def _entry(of_graph: list[int]) -> _Entry:
    node, result, *_ = of_graph
    return node, result


def _call(library: Any, graph: dict[str, Any], index: int, operands: list[Any], empty: Empty) -> list[Any]:
    """The results of a node, in memory that `empty` gives."""
    attrs = graph["nodes"][index]["attrs"]
    first, end = graph["node_row_ptr"][index : index + 2]
    shapes, dtypes = (graph["attrs"][name][1][first:end] for name in ("shape", "dltype"))
    if attrs["func_name"] == "__nop":  # only the shape changes
        return [operands[0]._create_view(tuple(shapes[0]), dtypes[0])]
    results = [empty(tuple(shape), dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]
    look_in_imports = True
    library.get_function(attrs["func_name"], look_in_imports)(*operands, *results)
    return results
