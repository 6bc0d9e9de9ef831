"""The one line that an operator which cannot be imported ends in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import TilewrightError, last_line


def cannot_import(path: Path, node: Any, opset: int, reason: str) -> TilewrightError:
    """The error for an ONNX node, with its operator (and domain, unless it is ONNX's own), its name and the opset."""
    operator = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
    return TilewrightError(f"{path}: cannot import operator {operator} at node {node.name!r} (opset {opset}): {reason}")


def reason_of(error: Exception) -> str:
    """The line of an exception that says most: TVM's end in it, after pages of C++ stack."""
    return f"{type(error).__name__}: {last_line(error)}"[:300]
