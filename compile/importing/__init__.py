"""From an ONNX file or a zoo name to a checked Relay module with its parameters."""

from .import_model import import_model
from .imported import ImportedModel, TensorSpec

__all__ = ["ImportedModel", "TensorSpec", "import_model"]
