"""Read and change the attributes of an ONNX node."""

from __future__ import annotations

from typing import Any


def get_attribute(node: Any, name: str, default: Any = None) -> Any:
    """The value of attribute `name` of an ONNX node; strings are bytes."""
    from onnx import helper

    return next((helper.get_attribute_value(one) for one in node.attribute if one.name == name), default)


def drop_attributes(node: Any, *names: str) -> None:
    """Remove attributes, present or not, in place."""
    kept = [attribute for attribute in node.attribute if attribute.name not in names]
    del node.attribute[:]
    node.attribute.extend(kept)


def pop_attribute(node: Any, name: str) -> Any:
    """Remove an attribute and return its value, None where there was none."""
    value = get_attribute(node, name)
    drop_attributes(node, name)
    return value


def append_attribute(node: Any, name: str, value: Any) -> None:
    """Add an attribute of the ONNX type that fits `value`."""
    from onnx import helper

    node.attribute.append(helper.make_attribute(name, value))
