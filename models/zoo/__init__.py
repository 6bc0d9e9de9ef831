"""The zoo: one architecture a file.  Names are known at once; a model's file, and torch, load when it is asked for."""

from __future__ import annotations

from importlib import import_module

from ...compile.errors import TilewrightError, unknown_name
from .model import WeightSource, ZooModel

__all__ = ["WeightSource", "ZooModel", "get", "names"]

_NAMES = ("lenet5", "lprnet", "mobilenetv2", "resnet18")


def names() -> tuple[str, ...]:
    """All model names, sorted; each is also the name of its file here."""
    return _NAMES


def get(name: str) -> ZooModel:
    """The model called `name`.  Raises TilewrightError for an unknown one, or when torch is not installed."""
    if name not in _NAMES:
        raise unknown_name("model", name, _NAMES, hint="A path to an .onnx file works too.")
    try:
        return import_module(f".{name}", __name__).MODEL
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise TilewrightError(f"model {name} needs PyTorch: pip install 'tilewright[zoo]'") from None
