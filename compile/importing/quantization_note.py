"""How a file was quantized, in the file itself: the ONNX metadata property "tilewright.quantization"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_KEY = "tilewright.quantization"


def put_note(graph: Any, note: Mapping[str, Any]) -> None:
    """Write `note`, of plain values, into the ONNX model `graph`, in place of another."""
    kept = [entry for entry in graph.metadata_props if entry.key != _KEY]
    del graph.metadata_props[:]
    graph.metadata_props.extend(kept)
    graph.metadata_props.add(key=_KEY, value=json.dumps(note))


def quantization_note(graph: Any) -> dict[str, Any]:
    """What `put_note` wrote; empty for a file from elsewhere."""
    text = next((entry.value for entry in graph.metadata_props if entry.key == _KEY), "{}")
    try:
        note = json.loads(text)
    except ValueError:
        return {}  # not ours
    return note if isinstance(note, dict) else {}
