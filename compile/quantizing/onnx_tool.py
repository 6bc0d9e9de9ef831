"""What ONNX Runtime's own quantization tool needs around it, and leaves behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_INFERRED = "onnx.infer"  # the tool's own mark


@contextmanager
def without_warnings() -> Iterator[None]:
    """It warns on the root logger about what is meant here."""
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)
    try:
        yield
    finally:
        logging.getLogger().setLevel(level)


def marked_copy(model: Any) -> Any:
    """A copy of the ONNX `model` marked as one whose shapes are inferred: the tool's inference goes through a file."""
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy.metadata_props.add(key=_INFERRED, value="onnxruntime.quant")
    return copy


def drop_marks(model: Any) -> None:
    """Take the tool's mark off again, in place."""
    kept = [entry for entry in model.metadata_props if entry.key != _INFERRED]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
