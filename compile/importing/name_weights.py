"""Give the weights that torch's exporter left without a name that of their module.

It calls what it has folded `onnx::Conv_370`, but its nodes have the path of the module that made them.
"""

from __future__ import annotations

from typing import Any

_NAMELESS = "onnx::"
_ROLES = {1: "weight", 2: "bias"}


def module_path(name: str) -> str:
    """The torch module that a node or a tensor of an exported graph belongs to; "" where its name does not say.

    A module that is called again has a number there: encoder_1.

    >>> module_path("/encoder/layer1/layer1.0/conv1/Conv"), module_path("encoder.conv1.weight")
    ('encoder.layer1.0.conv1', 'encoder.conv1')
    """
    if not name.startswith("/"):
        return "" if name.startswith(_NAMELESS) else name.rpartition(".")[0]
    path: list[str] = []
    for scope in name.split("/")[1:-1]:
        if path and scope.startswith(f"{path[-1]}."):  # a child of a Sequential repeats its parent's name
            path.pop()
        path.append(scope)
    return ".".join(path)


def name_weights(graph: Any) -> None:
    """Rename them in an onnx.ModelProto, in place."""
    nameless = {one.name: one for one in graph.graph.initializer if one.name.startswith(_NAMELESS)}
    taken = {one.name for one in graph.graph.initializer}
    renamed: dict[str, str] = {}
    for node in graph.graph.node:
        for place, name in enumerate(node.input):
            if name in nameless and name not in renamed and (path := module_path(node.name)):
                renamed[name] = _free(f"{path}.{_ROLES.get(place, place)}", taken)
    for old, new in renamed.items():
        nameless[old].name = new
    for node in graph.graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]


def _free(name: str, taken: set[str]) -> str:
    """`name`, with a number where a module is used twice."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}.{number}"
    taken.add(found)
    return found
